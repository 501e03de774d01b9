import { columns } from '../../core/render/columns.ts';
import { cell } from './clean.ts';

/** Lines of a table for a person: a header, columns padded to their widest cell, two spaces between. */
export function aligned(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return columns([header, ...rows].map((row) => row.map(cell)));
}

/** Lines of a table for `cut` and `awk`: no header, one tab between cells. */
export function tabbed(rows: readonly (readonly string[])[]): string[] {
  return rows.map((row) => row.map(cell).join('\t'));
}

import { oneLine } from '../../../core/printable.ts';
import { columns } from '../../../core/render/columns.ts';

/** Columns for people; what others have written in them is on one line and obeyed by no terminal. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ['none yet'];
  return columns([...(header.length === 0 ? [] : [header]), ...rows].map((row) => row.map(oneLine)));
}

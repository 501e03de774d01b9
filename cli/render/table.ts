import { cell } from './clean.ts';

/** Lines of a table for a person: a header, columns padded to their widest cell, two spaces between. */
export function aligned(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cleaned = [header, ...rows].map((row) => row.map(cell));
  const widths = header.map((_, column) => Math.max(...cleaned.map((row) => row[column]?.length ?? 0)));
  return cleaned.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Lines of a table for `cut` and `awk`: no header, one tab between cells. */
export function tabbed(rows: readonly (readonly string[])[]): string[] {
  return rows.map((row) => row.map(cell).join('\t'));
}

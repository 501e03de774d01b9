import { Refusal } from '../../core/reason.ts';

/** Where a page begins, opaque to the client. `list` keeps a cursor from being used on another list. */
function encodeCursor(list: string, after: string | number): string {
  return Buffer.from(`${list}:${after}`).toString('base64url');
}

/** @throws Refusal 422 `cursor_invalid` */
export function decodeCursor(list: string, cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString();
  if (text.startsWith(`${list}:`)) return text.slice(list.length + 1);
  throw invalidCursor();
}

/** The number that a page of a numbered list, newest first, stays below. @throws Refusal 422 `cursor_invalid` */
export function decodeBelow(list: string, cursor: string | undefined): number {
  const text = decodeCursor(list, cursor);
  if (text === undefined) return Number.MAX_SAFE_INTEGER;
  const below = Number(text);
  if (!Number.isSafeInteger(below)) throw invalidCursor();
  return below;
}

/**
 * A page out of one more row than asked for: that one only says whether there is a next page.
 * @param after what the next page begins after, of the last row shown
 */
export function pageOf<Row, Item>(
  list: string,
  rows: readonly Row[],
  limit: number,
  after: (row: Row) => string | number,
  present: (row: Row) => Item,
): { items: Item[]; next?: string } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(present),
    ...(rows.length > limit && last !== undefined ? { next: encodeCursor(list, after(last)) } : {}),
  };
}

function invalidCursor(): Refusal {
  return new Refusal(
    422,
    'cursor_invalid',
    'this cursor is not one of this list',
    'use `next` of the page before, or none to begin',
  );
}

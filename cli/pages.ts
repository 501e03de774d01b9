/** The most that one page holds. */
const PAGE = 100;

interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

/** Items of a list that comes in pages, up to `most`. */
export async function collect<T>(
  most: number,
  fetch: (query: { cursor: string | undefined; limit: number }) => Promise<Page<T>>,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await fetch({ cursor, limit: Math.min(PAGE, most - items.length) });
    items.push(...page.items.slice(0, most - items.length));
    cursor = page.items.length === 0 ? undefined : page.next;
  } while (cursor !== undefined && items.length < most);
  return items;
}

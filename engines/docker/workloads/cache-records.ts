import type { Period } from '../../port.ts';

/** A record of BuildKit's cache as the engine tells it (GET /system/df). */
export interface CacheRecord {
  readonly ID: string;
  /** Docker 20.10 to 22 has one, later ones a list. */
  readonly Parent?: string;
  readonly Parents?: readonly string[] | null;
  readonly InUse: boolean;
  /** It is a layer of an image, and goes only after that. */
  readonly Shared: boolean;
  readonly Size: number;
  readonly CreatedAt: string;
  readonly LastUsedAt?: string | null;
}

/** Less than this is not worth what its loss costs the next build, in bytes. */
const NOT_WORTH_IT = 4096;

export interface CacheShares {
  readonly own: readonly CacheRecord[];
  readonly others: readonly CacheRecord[];
}

/**
 * Whose the records beyond the layers of images are. The engine notes neither who built nor for what, so a record is
 * taken for our own when it was made, and used for the last time, while one of our builds ran: what anybody else has
 * used since, or made before, is theirs.
 * @param built in order, without overlaps
 */
export function sharesOf(records: readonly CacheRecord[], built: readonly Period[]): CacheShares {
  const alone = records.filter((record) => !record.Shared);
  const isOwn = (record: CacheRecord): boolean =>
    within(built, Date.parse(record.CreatedAt)) &&
    within(built, Date.parse(record.LastUsedAt ?? record.CreatedAt));
  return { own: alone.filter(isOwn), others: alone.filter((record) => !isOwn(record)) };
}

/**
 * Ids to let go so that about `bytes` get free, longest unused first, children before parents: the engine removes only
 * what nothing is built on. What frees next to nothing stays.
 */
export function cacheToLetGo(
  records: readonly CacheRecord[],
  own: CacheShares['own'],
  bytes: number,
): string[] {
  const children = childrenOf(records);
  const free = new Map(own.filter((record) => !record.InUse).map((record) => [record.ID, record]));
  const taken = new Set<string>();
  let found = 0;
  for (const record of [...free.values()].toSorted((a, b) => lastUse(a) - lastUse(b))) {
    if (found >= bytes) break;
    if (taken.has(record.ID)) continue;
    const branch = descent(record.ID, children).filter((id) => !taken.has(id));
    const parts = branch.flatMap((id) => free.get(id) ?? []);
    const size = parts.reduce((sum, part) => sum + part.Size, 0);
    if (parts.length < branch.length || size < NOT_WORTH_IT) continue;
    for (const id of branch) taken.add(id);
    found += size;
  }
  return [...taken];
}

function childrenOf(records: readonly CacheRecord[]): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const record of records) {
    const parents = record.Parents ?? (record.Parent === undefined ? [] : [record.Parent]);
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), record.ID]);
  }
  return children;
}

/** A record and all that is built on it, the farthest first. */
function descent(id: string, children: ReadonlyMap<string, readonly string[]>): string[] {
  const seen = new Set<string>();
  const order: string[] = [];
  const visit = (at: string): void => {
    if (seen.has(at)) return;
    seen.add(at);
    for (const child of children.get(at) ?? []) visit(child);
    order.push(at);
  };
  visit(id);
  return order;
}

function lastUse(record: CacheRecord): number {
  return Date.parse(record.LastUsedAt ?? record.CreatedAt);
}

function within(periods: readonly Period[], at: number): boolean {
  let low = 0;
  let high = periods.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const period = periods[middle] as Period;
    if (at >= period.from && at <= period.to) return true;
    if (at < period.from) high = middle - 1;
    else low = middle + 1;
  }
  return false;
}

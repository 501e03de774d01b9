/** The middle value; the mean of the two middle ones for an even count. NaN for none. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Ours over theirs, pair by pair: what slows the machine for a while slows both halves of a pair. */
export function pairRatios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.flatMap((value, index) => {
    const other = theirs[index];
    return other === undefined ? [] : [value / other];
  });
}

/** Milliseconds that `spans` cover within [from, to], each moment counted once. */
export function covered(spans: readonly (readonly [number, number])[], from: number, to: number): number {
  let sum = 0;
  let reached = from;
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    const begin = Math.max(start, reached);
    const stop = Math.min(end, to);
    if (stop <= begin) continue;
    sum += stop - begin;
    reached = stop;
  }
  return sum;
}

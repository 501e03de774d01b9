/**
 * Upper bounds of the latency buckets, in milliseconds. From 6 ms to 16 s each is less than 1.46 times the one before, so
 * that a quantile read from them is off by less than that factor, and by a few percent where times differ as they do. One
 * more bucket holds what is slower than the last bound.
 */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1_024, 1_448, 2_048, 2_896,
  4_096, 5_793, 8_192, 11_585, 16_384, 32_768,
];

/** Answers by bucket: one number for each bound and one for what is above the last. */
export type LatencyCounts = readonly number[];

/** The slowest time that is told from slower ones. */
export const LAST_BOUND_MS = LATENCY_BOUNDS_MS.at(-1) ?? 0;

export const NO_LATENCY: LatencyCounts = LATENCY_BOUNDS_MS.map(() => 0).concat(0);

/** Index of the bucket of a time, 0 to `LATENCY_BOUNDS_MS.length`. */
export function latencyBucket(ms: number): number {
  let low = 0;
  let high = LATENCY_BOUNDS_MS.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ms <= (LATENCY_BOUNDS_MS[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function latencySamples(counts: LatencyCounts): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * A quantile, linear within its bucket.
 * @param q 0 to 1
 * @returns milliseconds; undefined without samples; the last bound when the quantile is above it
 */
export function latencyQuantile(counts: LatencyCounts, q: number): number | undefined {
  const total = latencySamples(counts);
  if (total === 0) return undefined;
  const rank = q * total;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const upper = LATENCY_BOUNDS_MS[index] ?? LAST_BOUND_MS;
      const lower = index === 0 ? 0 : (LATENCY_BOUNDS_MS[index - 1] as number);
      return lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return LAST_BOUND_MS;
}

/**
 * Answers that took longer, linear within the bucket of that time; not a whole number.
 * @param ms of a time above the last bound nothing is known, so 0
 */
export function slowerThan(counts: LatencyCounts, ms: number): number {
  return counts.reduce((slow, count, index) => {
    const lower = index === 0 ? 0 : (LATENCY_BOUNDS_MS[index - 1] as number);
    if (lower >= ms) return slow + count;
    const upper = LATENCY_BOUNDS_MS[index];
    return upper === undefined || upper <= ms ? slow : slow + (count * (upper - ms)) / (upper - lower);
  }, 0);
}

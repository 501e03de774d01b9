import { describe, expect, test } from 'vitest';
import { decide } from '../../../core/canary/decide.ts';
import { latencyBucket, type LatencyCounts, NO_LATENCY } from '../../../core/canary/latency.ts';
import { good, goodStable, latencies, policy, samples, side } from './samples.ts';
import { type Random, seeded } from './seeded.ts';

describe('a canary that is slower', () => {
  test.each([
    // ms of all answers of the canary, of stable, the ratio that is allowed
    [60, 20, 1.5],
    [40, 20, 1.5],
    [300, 20, 1.5],
    [30, 1, 1.5],
    [13, 0.2, 1.5],
    [30_000, 6_000, 3],
    [100, 20, 4],
  ])('%d ms against %d ms fails a step that allows %d times', (ours, theirs, maxLatencyRatio) => {
    const seen = samples(side(150, { ms: ours }), side(2_850, { ms: theirs }));
    expect(decide(seen, policy({ maxLatencyRatio }))).toMatchObject({ result: 'fail', code: 'canary_slow' });
  });

  test.each([
    [20, 20, 1],
    [20, 60, 1],
    [31, 20, 1.5],
    [9, 1, 1.5],
    [3, 0.1, 1],
    [10, 0.01, 1],
    [60, 20, 4],
    [40_000, 40_000, 1],
    [100_000, 30_000, 1.5],
  ])('%d ms against %d ms passes one that allows %d times', (ours, theirs, maxLatencyRatio) => {
    const seen = samples(side(150, { ms: ours }), side(2_850, { ms: theirs }));
    expect(decide(seen, policy({ maxLatencyRatio })).result).toBe('pass');
  });

  test('is told with both numbers and the limit', () => {
    const seen = samples(side(150, { ms: 60 }), side(2_850, { ms: 20 }));
    expect(decide(seen, policy()).sentence).toBe(
      '95 % of answers came within 63 ms on the canary, within 23 ms on stable; the limit is 34 ms',
    );
  });

  test('is one whose slow tenth is slower, not only one whose answers all are', () => {
    const tail = latencies({ ms: 20, count: 130 }, { ms: 400, count: 20 });
    const seen = samples(side(150, { latency: tail }), side(2_850, { ms: 20 }));
    expect(decide(seen, policy()).code).toBe('canary_slow');
  });

  test.each([1, 3, 7])('is not one of which %d of 100 answers were slow, as one in 20 may be', (count) => {
    const tail = latencies({ ms: 20, count: 100 - count }, { ms: 4_000, count });
    const seen = samples(side(100, { latency: tail }), side(1_900, { ms: 20 }));
    expect(decide(seen, policy()).result).toBe('pass');
  });

  const slow = side(150, { ms: 500 });

  test.each([0, 10, 29.9])('is let be until the end of the bake: %d s', (bakedSeconds) => {
    expect(decide(samples(slow, goodStable, { bakedSeconds }), policy()).code).toBe('baking');
  });

  test('is let be while requests are still to come, and judged when no more come', () => {
    const few = policy({ minRequests: 10_000 });
    expect(decide(samples(slow, goodStable), policy({ minRequests: 200 })).code).toBe('few_requests');
    expect(decide(samples(slow, goodStable), few).code).toBe('canary_slow');
    expect(decide(samples(good, goodStable), few).code).toBe('little_traffic');
  });

  test.each([
    [49, 2_850, 'pass'],
    [50, 2_850, 'fail'],
    [150, 49, 'pass'],
    [150, 50, 'fail'],
  ])('is judged by 50 measured answers of each side: %d and %d %s', (ours, theirs, result) => {
    const seen = samples(
      side(ours, { latency: latencies({ ms: 500, count: ours }) }),
      side(theirs, { latency: latencies({ ms: 20, count: theirs }) }),
      { weight: Math.round((10_000 * ours) / (ours + theirs)) },
    );
    expect(decide(seen, policy({ minRequests: 1 })).result).toBe(result);
  });

  test('is not one whose equal answers fell on the other side of a bucket’s bound, however fine the limit', () => {
    for (const bound of [
      6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1_024, 4_096, 11_585,
    ]) {
      const seen = samples(side(500, { ms: bound * 1.001 }), side(9_500, { ms: bound * 0.999 }));
      expect(decide(seen, policy({ maxLatencyRatio: 1 })).result).toBe('pass');
    }
  });

  test.each([
    // spread of the logarithm, canary's requests, stable's
    [0.5, 100, 1_900],
    [1, 100, 1_900],
    [1, 100, 100],
    [1.5, 100, 1_900],
    [1.5, 100, 100],
  ])(
    'is found, and is rarely one that is as fast as stable: spread %d, %d and %d answers',
    (spread, ours, theirs) => {
      const RUNS = 300;
      const random = seeded(21);
      const weight = (10_000 * ours) / (ours + theirs);
      const slowAs = (median: number): number => {
        let failed = 0;
        for (let run = 0; run < RUNS; run++) {
          const canary = side(ours, { latency: drawn(random, ours, median, spread) });
          const stable = side(theirs, { latency: drawn(random, theirs, 30, spread) });
          if (decide(samples(canary, stable, { weight }), policy()).code === 'canary_slow') failed++;
        }
        return failed / RUNS;
      };
      expect(slowAs(30)).toBeLessThan(0.03);
      expect(slowAs(120)).toBeGreaterThan(0.8);
    },
  );
});

function drawn(random: Random, answers: number, median: number, spread: number): LatencyCounts {
  const counts = [...NO_LATENCY];
  for (let answer = 0; answer < answers; answer++) {
    const bucket = latencyBucket(random.logNormal(median, spread));
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  return counts;
}

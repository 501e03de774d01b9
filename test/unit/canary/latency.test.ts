import { describe, expect, test } from 'vitest';
import {
  LAST_BOUND_MS,
  LATENCY_BOUNDS_MS,
  latencyBucket,
  latencyQuantile,
  latencySamples,
  NO_LATENCY,
  slowerThan,
} from '../../../core/canary/latency.ts';
import { latencies } from './samples.ts';
import { seeded } from './seeded.ts';

/** The largest step between two bounds from 6 ms to 16 s. */
const FACTOR = 1.46;

describe('the buckets', () => {
  test('go up, and from 6 ms to 16 s by less than 1.46 times', () => {
    const within = LATENCY_BOUNDS_MS.filter((bound) => bound >= 6 && bound <= 16_384);
    for (const [index, bound] of LATENCY_BOUNDS_MS.entries()) {
      expect(bound).toBeGreaterThan(LATENCY_BOUNDS_MS[index - 1] ?? 0);
    }
    for (const [index, bound] of within.slice(1).entries()) {
      expect(bound / (within[index] as number)).toBeLessThan(FACTOR);
    }
  });

  test('hold a time up to their bound, and what is just above it is in the next', () => {
    for (const [index, bound] of LATENCY_BOUNDS_MS.entries()) {
      expect(latencyBucket(bound)).toBe(index);
      expect(latencyBucket(bound - 1e-6)).toBe(index);
      expect(latencyBucket(bound + 1e-6)).toBe(index + 1);
    }
  });

  test.each([
    [0, 0],
    [0.3, 0],
    [32_769, LATENCY_BOUNDS_MS.length],
    [1e9, LATENCY_BOUNDS_MS.length],
    [Number.POSITIVE_INFINITY, LATENCY_BOUNDS_MS.length],
  ])('%d ms is in bucket %d', (ms, bucket) => {
    expect(latencyBucket(ms)).toBe(bucket);
  });

  test('there is one for each bound and one for what is slower', () => {
    expect(NO_LATENCY).toHaveLength(LATENCY_BOUNDS_MS.length + 1);
    expect(latencySamples(NO_LATENCY)).toBe(0);
  });
});

describe('a quantile', () => {
  test('of no answers is none', () => {
    expect(latencyQuantile(NO_LATENCY, 0.95)).toBeUndefined();
  });

  test('of one answer is within its bucket', () => {
    const one = latencies({ ms: 20, count: 1 });
    for (const q of [0, 0.5, 0.95, 1]) {
      expect(latencyQuantile(one, q)).toBeGreaterThanOrEqual(16);
      expect(latencyQuantile(one, q)).toBeLessThanOrEqual(23);
    }
  });

  test('above what is measured is the last bound', () => {
    const slow = latencies({ ms: 10, count: 90 }, { ms: 1e6, count: 10 });
    expect(latencyQuantile(slow, 0.95)).toBe(LAST_BOUND_MS);
    expect(latencyQuantile(slow, 0.5)).toBeLessThanOrEqual(11);
  });

  test.each([
    [10, 0.5],
    [30, 1],
    [200, 0.3],
    [2_000, 0.6],
  ])(
    'is off by less than 1.46 times, and by less than a tenth where many times are about %d ms (spread %d)',
    (median, spread) => {
      const random = seeded(median);
      for (let run = 0; run < 50; run++) {
        // 6 ms to 16 s, as the bounds below and above are further apart.
        const times = Array.from({ length: 2_000 }, () =>
          Math.min(16_000, Math.max(6.001, random.logNormal(median, spread))),
        ).toSorted((a, b) => a - b);
        const counts = latencies(...times.map((ms) => ({ ms, count: 1 })));
        for (const q of [0.5, 0.95]) {
          const exact = times[Math.ceil(q * times.length) - 1] as number;
          const off = (latencyQuantile(counts, q) as number) / exact;
          expect(Math.max(off, 1 / off)).toBeLessThan(1.1);
        }
      }
    },
  );

  test('is off by less than 1.46 times, whatever the times are', () => {
    const random = seeded(4);
    for (let run = 0; run < 2_000; run++) {
      const few = Array.from({ length: 1 + random.integer(4) }, () => 6.001 + random.next() ** 4 * 16_000);
      const times = Array.from(
        { length: 1 + random.integer(60) },
        () => few[random.integer(few.length)] as number,
      );
      const sorted = times.toSorted((a, b) => a - b);
      const counts = latencies(...times.map((ms) => ({ ms, count: 1 })));
      const q = 0.01 + 0.99 * random.next();
      const exact = sorted[Math.ceil(q * sorted.length - 1e-9) - 1] as number;
      const off = (latencyQuantile(counts, q) as number) / exact;
      expect(Math.max(off, 1 / off)).toBeLessThan(FACTOR);
    }
  });
});

describe('answers slower than a time', () => {
  const counts = latencies({ ms: 5, count: 10 }, { ms: 20, count: 70 }, { ms: 1e6, count: 3 });

  test.each([
    [0, 83],
    [4, 83],
    [6, 73],
    [16, 73],
    [19.5, 38],
    [23, 3],
    [32_768, 3],
    [40_000, 0],
  ])('than %d ms are %d of them', (ms, slow) => {
    expect(slowerThan(counts, ms)).toBeCloseTo(slow);
  });

  test('than a quantile are as many as it leaves', () => {
    for (const q of [0.05, 0.3, 0.5, 0.9]) {
      expect(slowerThan(counts, latencyQuantile(counts, q) as number)).toBeCloseTo((1 - q) * 83);
    }
  });
});

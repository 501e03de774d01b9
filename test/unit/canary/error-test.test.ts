import { describe, expect, test } from 'vitest';
import {
  type Failures,
  isClearlyWorse,
  isRatherWorse,
  smallestExcess,
} from '../../../core/canary/error-test.ts';
import { wilson } from '../../../core/canary/wilson.ts';
import { seeded } from './seeded.ts';

const of = (requests: number, errors: number): Failures => ({ requests, errors });

test.each([
  // Newcombe 1998 (single proportion), table I, method 3, 95 %
  [81, 263, 1.96, 0.2553, 0.3662],
  [15, 148, 1.96, 0.0624, 0.1605],
  [0, 20, 1.96, 0, 0.1611],
  [1, 29, 1.96, 0.0061, 0.1718],
])('the Wilson interval of %d of %d is as published', (count, all, z, low, high) => {
  expect(wilson(count, all, z).low).toBeCloseTo(low, 4);
  expect(wilson(count, all, z).high).toBeCloseTo(high, 4);
});

describe('clearly worse', () => {
  test.each([
    // canary, stable, tolerated
    ['half of six, where none of stable’s 114 fail', of(6, 3), of(114, 0), 0.01],
    ['a third of nine', of(9, 3), of(171, 0), 0.01],
    ['all of six against none of six', of(6, 6), of(6, 0), 0.01],
    ['all of twenty, when stable was never asked', of(20, 20), of(0, 0), 0.01],
    ['5 % of 200', of(200, 10), of(3_800, 4), 0.01],
    ['2 % of 10,000 against 0.5 %', of(10_000, 200), of(190_000, 950), 0.01],
    ['a tenth of a point in a million each, when nothing is tolerated', of(1e6, 2_000), of(1e6, 1_000), 0],
    ['half, where stable has a third', of(1_000, 500), of(1_000, 333), 0.01],
  ])('%s', (_, canary, stable, tolerated) => {
    expect(isClearlyWorse(canary, stable, tolerated)).toBe(true);
  });

  test.each([
    ['nothing against nothing', of(0, 0), of(0, 0), 0],
    ['one request that failed', of(1, 1), of(1_000, 0), 0.01],
    ['two requests that failed', of(2, 2), of(1_000, 0), 0.01],
    ['three of three against none of three', of(3, 3), of(3, 0), 0.01],
    ['three of 100', of(100, 3), of(1_900, 0), 0.01],
    ['both fail altogether', of(100, 100), of(1_900, 1_900), 0],
    ['the same share', of(1_000, 20), of(19_000, 380), 0],
    ['better than stable', of(1_000, 20), of(1_000, 60), 0],
    ['worse by less than is tolerated, however sure', of(1e7, 150_000), of(1e7, 60_000), 0.01],
    ['everything is tolerated', of(1_000, 1_000), of(1_000, 0), 1],
    ['3 % of 300, when stable’s 3 requests say nothing', of(300, 9), of(3, 0), 0.01],
  ])('not: %s', (_, canary, stable, tolerated) => {
    expect(isClearlyWorse(canary, stable, tolerated)).toBe(false);
  });

  test('more errors never make a canary better, nor do fewer of stable’s', () => {
    const random = seeded(11);
    for (let run = 0; run < 300; run++) {
      const canary = 1 + random.integer(80);
      const stable = random.integer(200);
      const tolerated = random.integer(3) / 100;
      let worse = false;
      const theirs = random.integer(stable + 1);
      for (let errors = 0; errors <= canary; errors++) {
        const now = isClearlyWorse(of(canary, errors), of(stable, theirs), tolerated);
        expect(worse && !now).toBe(false);
        worse = now;
        if (theirs > 0 && now) {
          expect(isClearlyWorse(of(canary, errors), of(stable, theirs - 1), tolerated)).toBe(true);
        }
      }
    }
  });
});

describe('rather worse, when nothing more is to come', () => {
  test.each([
    [of(1, 1), of(19, 0), true],
    [of(3, 1), of(57, 0), true],
    [of(20, 1), of(380, 0), true],
    [of(50, 1), of(950, 0), false],
    [of(10, 1), of(190, 4), false],
    [of(3, 1), of(57, 12), false],
    [of(3, 0), of(57, 0), false],
    [of(0, 0), of(0, 0), false],
  ])('%j against %j: %s', (canary, stable, worse) => {
    expect(isRatherWorse(canary, stable, 0.01)).toBe(worse);
  });

  test('whatever is clearly worse is rather worse', () => {
    const random = seeded(12);
    for (let run = 0; run < 5_000; run++) {
      const [canary, stable] = [random.integer(100), random.integer(300)];
      const sides = [
        of(canary, random.integer(canary + 1)),
        of(stable, Math.floor(random.next() ** 3 * (stable + 1))),
      ] as const;
      if (isClearlyWorse(...sides, 0.01)) expect(isRatherWorse(...sides, 0.01)).toBe(true);
    }
  });
});

describe('the smallest excess that would have been seen', () => {
  test('is the smallest, by trying all', () => {
    const random = seeded(13);
    for (let run = 0; run < 400; run++) {
      const canary = random.integer(300);
      const requests = random.integer(600);
      const stable = of(requests, Math.floor((requests + 1) * random.next() ** 4));
      const tolerated = random.integer(5) / 100;
      const seen = Array.from({ length: canary + 1 }, (_, errors) => errors).find((errors) =>
        isClearlyWorse(of(canary, errors), stable, tolerated),
      );
      const share = stable.requests === 0 ? 0 : stable.errors / stable.requests;
      expect(smallestExcess(canary, stable, tolerated)).toBe(
        seen === undefined ? undefined : seen / canary - share,
      );
    }
  });

  test.each([0, 1, 2, 3])('of %d requests is none', (requests) => {
    expect(smallestExcess(requests, of(3, 0), 0.01)).toBeUndefined();
  });

  test('shrinks with more requests, and is above what is tolerated', () => {
    const excesses = [10, 100, 1_000, 10_000, 1_000_000].map(
      (requests) => smallestExcess(requests, of(requests * 19, requests / 10), 0.01) as number,
    );
    expect(excesses).toEqual(excesses.toSorted((a, b) => b - a));
    for (const excess of excesses) expect(excess).toBeGreaterThan(0.01);
    expect(excesses.at(-1)).toBeLessThan(0.011);
  });
});

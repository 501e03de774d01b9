import { describe, expect, test } from 'vitest';
import { isClearlyWorse } from '../../../core/canary/error-test.ts';
import { type Random, seeded } from './seeded.ts';

/** Requests a second of each side, and how many of them fail. */
interface Traffic {
  readonly canary: { readonly rate: number; readonly errors: number };
  readonly stable: { readonly rate: number; readonly errors: number };
}

/** One canary looked at each second, over a whole rollout and each of its steps; the look that takes it back. */
function takenBackAt(random: Random, steps: readonly Traffic[], looks: number): number | undefined {
  const rollout = [0, 0, 0, 0] as [number, number, number, number];
  for (const [index, { canary, stable }] of steps.entries()) {
    const step = [0, 0, 0, 0] as [number, number, number, number];
    for (let look = 1; look <= looks; look++) {
      const seen = [
        canary.rate,
        random.binomial(canary.rate, canary.errors),
        stable.rate,
        random.binomial(stable.rate, stable.errors),
      ];
      for (const [at, count] of seen.entries()) {
        rollout[at] = (rollout[at] as number) + count;
        step[at] = (step[at] as number) + count;
      }
      if (worse(rollout) || worse(step)) return index * looks + look;
    }
  }
  return undefined;
}

function worse([requests, errors, stableRequests, stableErrors]: [number, number, number, number]): boolean {
  return isClearlyWorse({ requests, errors }, { requests: stableRequests, errors: stableErrors }, 0.01);
}

/** @returns the share taken back, and by which second half and nearly all of those were */
function simulated(
  runs: number,
  looks: number,
  ...steps: readonly Traffic[]
): { share: number; median: number; nearlyAll: number } {
  const random = seeded(runs + looks);
  const found = Array.from({ length: runs }, () => takenBackAt(random, steps, looks))
    .filter((look) => look !== undefined)
    .toSorted((a, b) => a - b);
  return {
    share: found.length / runs,
    median: found[Math.floor(found.length / 2)] ?? Number.NaN,
    nearlyAll: found[Math.floor(found.length * 0.95)] ?? Number.NaN,
  };
}

const traffic = (canary: number, stable: number, errors: number, stableErrors = errors): Traffic => ({
  canary: { rate: canary, errors },
  stable: { rate: stable, errors: stableErrors },
});

describe('of canaries that are as good as stable, looked at 90 times', () => {
  test.each([
    ['0.1 % errors, 10 of 200 requests a second', 1_000, 0, [traffic(10, 190, 0.001)]],
    ['2 % errors, 10 of 200 requests a second', 1_000, 0.01, [traffic(10, 190, 0.02)]],
    ['10 % errors, 10 of 200 requests a second', 500, 0.02, [traffic(10, 190, 0.1)]],
    ['2 % errors, 2 requests a second each', 2_000, 0.01, [traffic(2, 2, 0.02)]],
    ['30 % errors, 1 of 20 requests a second', 2_000, 0.02, [traffic(1, 19, 0.3)]],
  ] as const)('few are taken back: %s', (_, runs, most, steps) => {
    expect(simulated(runs, 90, ...steps).share).toBeLessThanOrEqual(most);
  });

  test.each([
    [
      '2 % errors, 20 requests a second',
      0.02,
      [traffic(1, 19, 0.02), traffic(5, 15, 0.02), traffic(10, 10, 0.02)],
    ],
    [
      '10 % errors, 20 requests a second',
      0.03,
      [traffic(1, 19, 0.1), traffic(5, 15, 0.1), traffic(10, 10, 0.1)],
    ],
  ] as const)('few are taken back over the steps 5, 25, 50 %%: %s', (_, most, steps) => {
    expect(simulated(2_000, 30, ...steps).share).toBeLessThanOrEqual(most);
  });
});

describe('a canary that fails is found', () => {
  test.each([
    ['33 % errors, 10 of 200 requests a second', 500, traffic(10, 190, 0.33, 0.001), 2, 3],
    ['33 % errors, 1 of 20 requests a second', 1_000, traffic(1, 19, 0.33, 0.001), 10, 20],
    ['5 % errors, 10 of 200 requests a second', 500, traffic(10, 190, 0.05, 0.001), 12, 30],
    ['all of its requests, 1 of 20 a second', 1_000, traffic(1, 19, 1, 0.001), 4, 4],
    ['all of its requests, and stable has 10 %', 500, traffic(10, 190, 1, 0.1), 1, 1],
  ] as const)('%s', (_, runs, steps, median, nearlyAll) => {
    const found = simulated(runs, 90, steps);
    expect(found.share).toBeGreaterThan(0.99);
    expect(found.median).toBeLessThanOrEqual(median);
    expect(found.nearlyAll).toBeLessThanOrEqual(nearlyAll);
  });

  test('that only fails from the last step on, after very many good requests, is found within seconds too', () => {
    const found = simulated(20, 30, traffic(500, 500, 0), traffic(500, 500, 0.05, 0));
    expect(found.share).toBe(1);
    expect(found.nearlyAll).toBeLessThanOrEqual(30 + 2);
  });
});

import { expect, test } from 'vitest';
import { replicasFor, weightOf } from '../../../core/canary/capacity.ts';
import { FULL_WEIGHT } from '../../../core/rollout.ts';

test.each([
  // parts of 10,000, all replicas, those of the canary
  [500, 1, 1],
  [500, 2, 1],
  [500, 20, 1],
  [500, 21, 2],
  [2_500, 2, 1],
  [2_500, 4, 1],
  [2_500, 5, 2],
  [5_000, 2, 1],
  [5_000, 3, 2],
  [9_900, 100, 99],
  [9_901, 100, 100],
  [10_000, 7, 7],
  [1, 100, 1],
  [0, 5, 1],
  [500, 0, 0],
])('%d of 10,000 parts of the traffic of %d replicas need %d', (weight, full, replicas) => {
  expect(replicasFor(weight, full)).toBe(replicas);
});

test('whatever the weight, replicas are 1 to all, and none gets more than one of stable’s has with all traffic', () => {
  for (let full = 1; full <= 100; full++) {
    let before = 0;
    for (let weight = 1; weight <= FULL_WEIGHT; weight += weight < 200 ? 1 : 37) {
      const replicas = replicasFor(weight, full);
      if (replicas < 1 || replicas > full || !Number.isInteger(replicas))
        throw new Error(`${weight} ${full}`);
      // Whole numbers: weight / replicas <= FULL_WEIGHT / full, and one replica less would not do.
      if (weight * full > FULL_WEIGHT * replicas) throw new Error(`${weight} of ${full} is too few`);
      if (replicas > 1 && weight * full <= FULL_WEIGHT * (replicas - 1))
        throw new Error(`${weight} of ${full}`);
      if (replicas < before) throw new Error(`${weight} of ${full} goes back`);
      before = replicas;
    }
    expect(before).toBe(full);
  }
});

test.each([
  [1, 100],
  [5, 500],
  [12.5, 1_250],
  [33.33, 3_333],
  [0.07, 7],
  [28.999_999_999_999_996, 2_900],
  [99, 9_900],
])('a step of %d %% is %d of 10,000 parts', (percent, weight) => {
  expect(weightOf(percent)).toBe(weight);
});

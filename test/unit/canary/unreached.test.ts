import { describe, expect, test } from 'vitest';
import { differenceOf } from '../../../core/canary/collect.ts';
import { decide } from '../../../core/canary/decide.ts';
import { plus } from '../../../core/canary/samples.ts';
import { goodStable, policy, samples, side } from './samples.ts';

describe('requests that reached no replica, as when a node is lost', () => {
  test.each([1, 30, 60, 300])('are no verdict over a canary that got nothing else, after %i s', (seconds) => {
    const lost = samples(side(0, { unreached: seconds * 2 }), side(seconds * 38, { ms: 20 }), {
      bakedSeconds: seconds,
    });
    expect(decide(lost, policy()).result).not.toBe('fail');
    expect(decide(lost, policy()).result).not.toBe('pass');
  });

  test('are no verdict beside answers that are well', () => {
    const seen = samples(side(120, { ms: 20, unreached: 80 }), goodStable);
    expect(decide(seen, policy()).code).toBe('canary_as_good');
  });

  test('hide no errors', () => {
    const seen = samples(side(120, { ms: 20, errors: 40, unreached: 1_000 }), goodStable);
    expect(decide(seen, policy()).code).toBe('canary_worse');
  });

  test('stand for no request that the policy wants', () => {
    const few = samples(side(5, { ms: 20, unreached: 1_000 }), goodStable);
    expect(decide(few, policy()).result).toBe('wait');
  });
});

test('they are added up and taken apart as all else, and are absent where there are none', () => {
  const [two, five] = [side(1, { unreached: 2 }), side(1, { unreached: 5 })];
  expect(plus(two, five).unreached).toBe(7);
  expect(differenceOf(two, five).unreached).toBe(3);
  expect(plus(side(1), side(1))).not.toHaveProperty('unreached');
  expect(differenceOf(side(1), side(2))).not.toHaveProperty('unreached');
  // Journals of older servers have none.
  expect(differenceOf(side(1), five).unreached).toBe(5);
});

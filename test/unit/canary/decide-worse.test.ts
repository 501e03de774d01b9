import { describe, expect, test } from 'vitest';
import { decide } from '../../../core/canary/decide.ts';
import { NO_SAMPLE, plus, type SideSample } from '../../../core/canary/samples.ts';
import { policy, said, samples, side } from './samples.ts';

describe('what is clearly worse goes back at once', () => {
  const bad: readonly (readonly [string, SideSample, SideSample, string])[] = [
    [
      'a third of its requests fail',
      side(9, { errors: 3 }),
      side(171),
      'fail canary_worse: 3 of 9 requests (33 %) failed on the canary, none of 171 on stable',
    ],
    [
      'a replica breaks its answers off',
      side(12, { aborts: 4 }),
      side(228, { errors: 1 }),
      'fail canary_worse: 4 of 12 requests (33 %) failed on the canary, 1 of 228 (0.44 %) on stable',
    ],
    [
      'very many do',
      side(1_234_567, { errors: 61_728 }),
      side(23_456_773, { errors: 1 }),
      'fail canary_worse: 61,728 of 1,234,567 requests (5 %) failed on the canary, 1 of 23,456,773 (under 0.01 %) on stable',
    ],
    [
      'it ended by itself',
      side(0, { restarts: 1 }),
      side(0),
      'fail canary_crashed: the canary ended by itself once',
    ],
    [
      'it ended more often than stable',
      side(0, { restarts: 3 }),
      side(0, { restarts: 1 }),
      'fail canary_crashed: the canary ended by itself 3 times, stable once',
    ],
    [
      'its probes fail',
      side(1, { probes: [8, 8] }),
      side(0, { probes: [8, 0] }),
      'fail canary_probes_failed: 8 of 8 probes (100 %) failed on the canary, none of 8 on stable',
    ],
  ];

  test.each(bad)('%s', (_, canary, stable, sentence) => {
    expect(said(decide(samples(canary, stable, { bakedSeconds: 1 }), policy()))).toBe(sentence);
  });

  test.each(bad)(
    'when the router is silent, with the evidence that is there: %s',
    (_, canary, stable, sentence) => {
      const seen = samples(canary, stable, { bakedSeconds: 1, metrics: 'silent' });
      expect(said(decide(seen, policy()))).toBe(sentence);
    },
  );

  test.each(bad)('after the bake and after max_wait: %s', (_, canary, stable, sentence) => {
    for (const bakedSeconds of [0, 30, 3_000]) {
      expect(said(decide(samples(canary, stable, { bakedSeconds }), policy()))).toBe(sentence);
    }
  });

  test('errors that only come at a later step do not drown in what was good before', () => {
    const step = { canary: side(2_000, { errors: 100 }), stable: side(2_000) };
    const before = side(1_000_000, { ms: 20 });
    const rollout = { canary: plus(before, step.canary), stable: plus(before, step.stable) };
    const decision = decide({ ...samples(NO_SAMPLE, NO_SAMPLE), step, rollout, stepIndex: 2 }, policy());
    expect([decision.result, decision.code, decision.evidence.over]).toEqual([
      'fail',
      'canary_worse',
      'step',
    ]);
  });

  test('the evidence of one step is carried over to the next', () => {
    const before = samples(side(60, { errors: 2 }), side(1_140));
    const step = { canary: side(10, { errors: 2 }), stable: side(30) };
    const rollout = {
      canary: plus(before.rollout.canary, step.canary),
      stable: plus(before.rollout.stable, step.stable),
    };
    expect(decide(before, policy()).code).not.toBe('canary_worse');
    expect(decide(samples(step.canary, step.stable, { bakedSeconds: 1 }), policy()).result).toBe('wait');
    expect(decide({ ...before, step, rollout, stepIndex: 1 }, policy())).toMatchObject({
      code: 'canary_worse',
      evidence: { over: 'rollout' },
    });
  });
});

test.each([
  ['the first request fails', side(1, { errors: 1 }), side(19)],
  ['both sides have a few errors', side(150, { errors: 3 }), side(2_850, { errors: 57 })],
  ['both sides fail altogether', side(150, { errors: 150 }), side(2_850, { errors: 2_850 })],
  ['errors within what the policy tolerates', side(10_000, { errors: 100 }), side(190_000)],
  ['an engine that starts again ends both', side(150, { restarts: 1 }), side(2_850, { restarts: 2 })],
  ['only stable ends', side(150), side(2_850, { restarts: 1 })],
  ['the probes of both sides fail', side(0, { probes: [40, 40] }), side(0, { probes: [40, 40] })],
  ['one of many probes fails', side(0, { probes: [120, 1] }), side(0, { probes: [120, 0] })],
  ['more errors are told than requests', side(0, { errors: 5, aborts: 5 }), side(0)],
])('not taken back while it bakes: %s', (_, canary, stable) => {
  expect(said(decide(samples(canary, stable, { bakedSeconds: 12.4 }), policy()))).toBe(
    'wait baking: 18 s of 30 s left',
  );
});

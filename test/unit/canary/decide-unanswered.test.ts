import { describe, expect, test } from 'vitest';
import { decide } from '../../../core/canary/decide.ts';
import type { Decision } from '../../../core/canary/decision.ts';
import type { Samples } from '../../../core/canary/samples.ts';
import { goodStable, latencies, policy, said, samples, side } from './samples.ts';

describe('a canary that leaves requests unanswered', () => {
  const hung = (seconds: number, changes: Partial<Samples> = {}): Samples =>
    samples(side(0), side(seconds * 38, { ms: 20 }), { bakedSeconds: seconds, ...changes });

  test('never passes nor counts as little traffic, and goes back when its answers have had their time', () => {
    expect(decide(hung(29), policy()).code).toBe('baking');
    expect(said(decide(hung(30), policy()))).toBe(
      'wait canary_unanswered: the canary has answered 0 of about 60 requests that it was given',
    );
    expect(decide(hung(59), policy()).result).toBe('wait');
    expect(said(decide(hung(60), policy()))).toBe(
      'fail canary_unanswered: the canary has answered 0 of about 120 requests that it was given',
    );
  });

  test('goes back when max_wait is over', () => {
    expect(decide(hung(31, { watchedSeconds: 299 }), policy()).result).toBe('wait');
    expect(decide(hung(31, { watchedSeconds: 300 }), policy()).result).toBe('fail');
  });

  test('has 30 s for it, however short the bake', () => {
    const quick = policy({ bakeSeconds: 2, minRequests: 20 });
    expect(decide(hung(29, { watchedSeconds: 29 }), quick).result).toBe('wait');
    expect(decide(hung(30, { watchedSeconds: 30 }), quick).result).toBe('fail');
  });

  test('has more where stable’s answers are slow themselves, as those that clients wait for on purpose', () => {
    const polled = (seconds: number): Decision =>
      decide(
        hung(seconds, { step: { canary: side(0), stable: side(seconds * 38, { ms: 25_000 }) } }),
        policy(),
      );
    expect(polled(100).result).toBe('wait');
    expect(polled(140).result).toBe('fail');
  });

  test('is found where its callers wait for it and so ask nothing more of anybody', () => {
    const seen = samples(side(0, { probes: [240, 0] }), side(152, { ms: 20, probes: [240, 0] }), {
      bakedSeconds: 60,
    });
    expect(decide(seen, policy()).code).toBe('canary_unanswered');
  });

  test('is one that answers less than half', () => {
    const answering = (requests: number): Decision =>
      decide(samples(side(requests, { ms: 20 }), side(3_800, { ms: 20 }), { bakedSeconds: 60 }), policy());
    expect(answering(99).code).toBe('canary_unanswered');
    expect(answering(100).result).toBe('pass');
  });

  test.each([
    [
      'hang while others are answered',
      side(140, { ms: 20 }),
      goodStable,
      [60, 4],
      '60 of 200 requests (30 %) got no answer on the canary, 4 of 2,854 (0.14 %) on stable',
    ],
    [
      'are given up by their clients',
      side(190, { latency: latencies({ ms: 20, count: 130 }) }),
      goodStable,
      [0, 0],
      '60 of 190 requests (32 %) got no answer on the canary, none of 2,850 on stable',
    ],
  ] as const)('is one whose requests %s', (_, canary, stable, [ours, theirs], sentence) => {
    const seen = (bakedSeconds: number): Samples =>
      samples(canary, stable, { bakedSeconds, open: { canary: ours, stable: theirs } });
    expect(decide(seen(30), policy())).toMatchObject({ result: 'wait', sentence });
    expect(decide(seen(60), policy())).toMatchObject({ result: 'fail', code: 'canary_unanswered' });
  });

  test('is not one whose first requests came before anything was measured', () => {
    const seen = samples(side(190, { ms: 20 }), goodStable, { bakedSeconds: 60 });
    const step = { canary: side(190, { latency: latencies({ ms: 20, count: 90 }) }), stable: goodStable };
    expect(decide({ ...seen, step }, policy()).result).toBe('pass');
  });

  test.each([
    ['connections that stay open on purpose are not measured', side(0), side(3_800)],
    [
      'a canary that is asked for open connections more than stable',
      side(10, { ms: 20 }),
      side(3_800, { latency: latencies({ ms: 20, count: 190 }) }),
    ],
    ['as many hang on both sides', side(50, { ms: 20 }), side(950, { ms: 20 }), [50, 950]],
    ['requests that fail are counted as that', side(200, { errors: 60 }), side(3_800, { errors: 1_140 })],
    ['stable has more that are open for long', side(190, { ms: 20 }), side(3_800, { ms: 20 }), [60, 4_000]],
    ['two that hang are no evidence', side(4, { ms: 20 }), side(100, { ms: 20 }), [2, 0]],
    ['four answers are no evidence', side(0), side(80, { ms: 20 })],
    ['a stable that answers nothing', side(10, { ms: 20 }), side(0)],
  ])('is not: %s', (_, canary, stable, open = [0, 0]) => {
    const [ours = 0, theirs = 0] = open;
    const seen = samples(canary, stable, { bakedSeconds: 60, open: { canary: ours, stable: theirs } });
    expect(decide(seen, policy()).code).not.toBe('canary_unanswered');
  });
});

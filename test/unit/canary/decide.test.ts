import { describe, expect, test } from 'vitest';
import { decide } from '../../../core/canary/decide.ts';
import type { Decision } from '../../../core/canary/decision.ts';
import { NO_SAMPLE, type Samples } from '../../../core/canary/samples.ts';
import { good, goodStable, policy, said, samples, side } from './samples.ts';

describe('a step passes', () => {
  test('when it has baked, min_requests have come and nothing is worse', () => {
    expect(said(decide(samples(good, goodStable), policy()))).toBe(
      'pass canary_as_good: none of 150 requests failed on the canary, none of 2,850 on stable; an excess of 4 points would have been seen',
    );
  });

  test.each([
    [29.9, 100, 'wait', 'baking'],
    [30, 100, 'pass', 'canary_as_good'],
    [30, 99, 'wait', 'few_requests'],
    [29.9, 99, 'wait', 'baking'],
    [0, 1_000_000, 'wait', 'baking'],
  ])('not before both: %d s and %d requests %s (%s)', (bakedSeconds, requests, result, code) => {
    const decision = decide(samples(side(requests), side(requests * 19), { bakedSeconds }), policy());
    expect([decision.result, decision.code]).toEqual([result, code]);
  });

  test('counts the requests of this step alone', () => {
    const step = { canary: side(99), stable: side(297) };
    const rollout = { canary: side(9_999), stable: side(99_999) };
    const seen = { ...samples(NO_SAMPLE, NO_SAMPLE), step, rollout, stepIndex: 1, weight: 2_500 };
    expect(decide(seen, policy()).code).toBe('few_requests');
  });

  test('without any request, where the policy asks for none', () => {
    expect(said(decide(samples(side(0), side(0)), policy({ minRequests: 0 })))).toBe(
      'pass canary_as_good: none of 0 requests failed on the canary, none of 0 on stable; too few requests to see any excess',
    );
  });

  test('with one request, in the singular', () => {
    expect(said(decide(samples(side(1), side(1)), policy({ minRequests: 1 })))).toBe(
      'pass canary_as_good: none of 1 request failed on the canary, none of 1 on stable; too few requests to see any excess',
    );
  });

  test('with errors, when stable has as many', () => {
    expect(
      said(decide(samples(side(1_000, { errors: 21 }), side(19_000, { errors: 380 })), policy())),
    ).toMatch(
      /^pass canary_as_good: 21 of 1,000 requests \(2\.1 %\) failed on the canary, 380 of 19,000 \(2 %\) on stable; an excess of [\d.]+ points would have been seen$/,
    );
  });
});

describe('with too few requests', () => {
  // What the whole app had in 30 s of the bake, a twentieth of it on the canary.
  const rate = (perSecond: number, changes: Partial<Samples> = {}): Samples =>
    samples(side(Math.round(perSecond * 1.5)), side(Math.round(perSecond * 28.5)), changes);

  test('it waits when the app’s own rate says that the rest comes within what is left of max_wait', () => {
    expect(said(decide(rate(20), policy()))).toBe(
      'wait few_requests: 30 of 100 requests on the canary; the rest should come within 1 min 10 s',
    );
  });

  test.each([
    // requests a second of the app, seconds watched in all, result
    [8, 30, 'wait'], // 88 missing at 0.4 a second: 220 s of the 270 that are left
    [8, 80, 'wait'],
    [8, 81, 'no_data'],
    [6, 30, 'no_data'], // 91 missing at 0.3 a second: 303 s
    [0, 30, 'no_data'],
    [65, 300, 'no_data'], // 2 missing, but max_wait is over
    [65, 299.2, 'wait'],
    [65, 299.5, 'no_data'],
  ])('%d a second, %d s into the rollout: %s', (perSecond, watchedSeconds, result) => {
    expect(decide(rate(perSecond, { watchedSeconds }), policy()).result).toBe(result);
  });

  test('nobody waits where there is no traffic at all: one bake, and then the probes are all there is', () => {
    const seen = samples(side(0, { probes: [120, 0] }), side(0, { probes: [120, 0] }));
    expect(decide({ ...seen, bakedSeconds: 29 }, policy()).code).toBe('baking');
    expect(said(decide(seen, policy()))).toBe(
      'no_data little_traffic: 0 real requests, 240 probes: weak evidence',
    );
  });

  test.each([
    [side(3, { probes: [120, 0] }), side(57, { probes: [120, 0] }), '3 real requests, 240 probes'],
    [side(1, { probes: [1, 0] }), side(19), '1 real request, 1 probe'],
    [side(3, { errors: 1, probes: [60, 0] }), side(57), '3 real requests (1 failed), 60 probes'],
    [side(1, { aborts: 1 }), side(19), '1 real request (1 failed), 0 probes'],
  ])('the verdict tells of all there is: %#', (canary, stable, text) => {
    const decision = decide(samples(canary, stable), policy());
    expect(decision.sentence).toBe(`${text}: weak evidence`);
    expect(decision.evidence.over).toBe('rollout');
  });

  test('the numbers are those of the whole rollout', () => {
    const step = { canary: side(3, { probes: [10, 0] }), stable: side(9, { probes: [10, 0] }) };
    const rollout = { canary: side(1_203, { probes: [10, 0] }), stable: side(9_000, { probes: [10, 0] }) };
    const decision = decide({ ...samples(NO_SAMPLE, NO_SAMPLE), step, rollout, weight: 2_500 }, policy());
    expect(decision.sentence).toBe('1,203 real requests, 20 probes: weak evidence');
    expect(decision.evidence.canary.requests).toBe(1_203);
  });

  test('whom a person let go on waits max_wait anew, whatever the rate says', () => {
    const resumed = (watchedSeconds: number, perSecond = 0): Decision =>
      decide(rate(perSecond, { watchedSeconds, resumedAtSeconds: 400 }), policy());
    expect(said(resumed(400))).toBe(
      'wait few_requests: 0 of 100 requests on the canary; the rest has 5 min to come',
    );
    expect(said(resumed(699.5, 20))).toBe(
      'wait few_requests: 30 of 100 requests on the canary; the rest has 1 s to come',
    );
    expect(resumed(700).result).toBe('no_data');
    expect(resumed(500, 100).result).toBe('pass');
  });

  test('a pause is no waiting: after it the missing requests have the time that they had before', () => {
    expect(decide(rate(12, { watchedSeconds: 400, waitedSeconds: 30 }), policy()).code).toBe('few_requests');
    expect(decide(rate(12, { watchedSeconds: 400 }), policy()).result).toBe('no_data');
  });

  test('a max_wait shorter than the bake does not shorten the bake', () => {
    const quick = policy({ maxWaitSeconds: 5 });
    expect(decide(rate(1, { bakedSeconds: 29 }), quick).code).toBe('baking');
    expect(decide(rate(1), quick).result).toBe('no_data');
    expect(decide(samples(good, goodStable), quick).result).toBe('pass');
  });
});

describe('a router that tells no numbers', () => {
  test.each([
    ['before the bake is over', samples(side(3), side(57), { bakedSeconds: 3 })],
    ['after the bake, without traffic', samples(side(0, { probes: [120, 0] }), side(0))],
    ['after the bake and max_wait', samples(side(0), side(0), { bakedSeconds: 900 })],
    ['with enough good requests', samples(good, goodStable)],
    ['with slow ones', samples(side(150, { ms: 500 }), goodStable)],
    ['with unanswered ones', samples(side(0), goodStable, { bakedSeconds: 900 })],
  ])('holds: %s', (_, seen) => {
    expect(said(decide({ ...seen, metrics: 'silent' }, policy()))).toBe(
      'wait metrics_silent: the router tells no numbers; held until it does, as silence is not the same as no errors',
    );
  });
});

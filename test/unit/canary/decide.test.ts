import { describe, expect, test } from 'vitest';
import { decide } from '../../../core/canary/decide.ts';
import type { Decision } from '../../../core/canary/decision.ts';
import { latencyBucket, type LatencyCounts, NO_LATENCY } from '../../../core/canary/latency.ts';
import { NO_SAMPLE, plus, type Samples, type SideSample } from '../../../core/canary/samples.ts';
import { latencies, policy, samples, side } from './samples.ts';
import { type Random, seeded } from './seeded.ts';

const good = side(150, { ms: 20 });
const goodStable = side(2_850, { ms: 20 });

const said = ({ result, code, sentence }: Decision): string => `${result} ${code}: ${sentence}`;

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

describe('whatever is seen', () => {
  const integer = (random: Random, most: number): number => Math.floor(random.next() ** 4 * (most + 1));

  function anySide(random: Random): SideSample {
    const requests = random.integer(3) === 0 ? random.integer(3) : integer(random, 1_000_000);
    const sent = random.integer(2) * integer(random, 500);
    return {
      requests,
      errors5xx: random.integer(2) * integer(random, requests + 3),
      aborts: random.integer(2) * integer(random, 100),
      latency: random.integer(3) === 0 ? NO_LATENCY : NO_LATENCY.map(() => integer(random, 3_000)),
      restarts: random.integer(8) === 0 ? random.integer(3) : 0,
      probes: { sent, failed: random.integer(3) === 0 ? random.integer(sent + 1) : 0 },
    };
  }

  function anySamples(random: Random): Samples {
    const [canary, stable] = [anySide(random), anySide(random)];
    const rollout = { canary: plus(canary, anySide(random)), stable: plus(stable, anySide(random)) };
    const bakedSeconds = random.integer(100) * random.next();
    return samples(canary, stable, {
      ...(random.integer(2) === 0 ? {} : { rollout }),
      open: { canary: random.integer(2) * integer(random, 500), stable: integer(random, 5_000) },
      weight: [0, 1, 100, 500, 5_000, 9_900, 10_000][random.integer(7)] as number,
      bakedSeconds,
      watchedSeconds: bakedSeconds + random.integer(2) * random.integer(400),
      metrics: random.integer(4) === 0 ? 'silent' : 'fresh',
    });
  }

  const some = (run: (seen: Samples, decision: Decision) => void): void => {
    const random = seeded(31);
    for (let round = 0; round < 2_000; round++) {
      const seen = anySamples(random);
      run(seen, decide(seen, policy({ minRequests: random.integer(4) * 50 })));
    }
  };

  test('a sentence has numbers that are numbers, and the right ones in the singular', () => {
    some((_, { sentence }) => {
      expect(sentence).not.toMatch(/NaN|Infinity|undefined|null|-\d|\.$/);
      expect(sentence).not.toMatch(/(?<![\d,.])1 (?:\w+ )?(?:requests|probes|times|points)\b/);
      expect(sentence).not.toMatch(/(?:\d[\d,.]\d*|[02-9]) (?:real )?(?:request|probe|time|point)\b/);
      expect(sentence).not.toMatch(/\d{4}/);
    });
  });

  test('shares are 0 to 1, and nothing in the evidence is lost in JSON', () => {
    some((_, { evidence }) => {
      expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
      for (const share of [evidence.smallestExcess, evidence.canary.errorShare, evidence.stable.errorShare]) {
        expect(share ?? 0).toBeGreaterThanOrEqual(0);
        expect(share ?? 0).toBeLessThanOrEqual(1);
      }
    });
  });

  test('what passes has baked, has its requests and fresh numbers; what is silent never ends well', () => {
    const results = new Set<string>();
    some((seen, { result, code }) => {
      results.add(result);
      if (seen.metrics === 'silent') expect(result === 'pass' || result === 'no_data').toBe(false);
      if (seen.bakedSeconds < 30) expect(result === 'pass' || result === 'no_data').toBe(false);
      if (seen.metrics === 'silent' && result === 'wait') expect(code).toBe('metrics_silent');
    });
    expect([...results].toSorted((a, b) => a.localeCompare(b))).toEqual(['fail', 'no_data', 'pass', 'wait']);
  });

  test('what is clearly worse is so by its numbers alone, at any time and whether the router is silent or not', () => {
    const atAnyTime = new Set(['canary_worse', 'canary_crashed', 'canary_probes_failed']);
    some((seen, decision) => {
      if (!atAnyTime.has(decision.code)) return;
      for (const metrics of ['silent', 'fresh'] as const) {
        for (const bakedSeconds of [0, 30, 1e6]) {
          const { result, code } = decide(
            { ...seen, metrics, bakedSeconds, watchedSeconds: bakedSeconds },
            policy(),
          );
          expect([result, code]).toEqual(['fail', decision.code]);
        }
      }
    });
  });
});

test('a thousand canaries take a few hundredths of a second', () => {
  const random = seeded(41);
  const many = Array.from({ length: 1_000 }, () => {
    const latency = NO_LATENCY.map(() => random.integer(10_000));
    const canary = { ...side(random.integer(1e6), { latency }), probes: { sent: 240, failed: 0 } };
    const stable = side(random.integer(1e7), { errors: random.integer(500), latency });
    return samples(canary, stable, { bakedSeconds: random.integer(40) });
  });
  // The best of some rounds, in time of the processor: others use this machine too.
  const rounds = Array.from({ length: 8 }, () => {
    const before = process.cpuUsage();
    for (const seen of many) decide(seen, policy());
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  expect(Math.min(...rounds)).toBeLessThan(30);
});

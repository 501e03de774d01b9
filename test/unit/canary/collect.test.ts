import { describe, expect, test } from 'vitest';
import {
  appendWindow,
  differenceOf,
  type Look,
  nextStep,
  noProgress,
  observed,
  samplesOf,
  waitedMs,
} from '../../../core/canary/collect.ts';
import { NO_LATENCY } from '../../../core/canary/latency.ts';
import type { CanaryProgress, Totals } from '../../../core/canary/progress.ts';
import {
  NO_SAMPLE,
  NO_SAMPLES,
  plusBoth,
  type SideSample,
  type Window,
} from '../../../core/canary/samples.ts';
import { seeded } from './seeded.ts';

const none = { sent: 0, failed: 0 };

/** @param fast answers in the fastest bucket */
function totals(requests: number, more: Partial<Totals> & { fast?: number } = {}): Totals {
  const { fast = 0, ...rest } = more;
  return {
    requests,
    errors5xx: 0,
    aborts: 0,
    latency: NO_LATENCY.with(0, fast),
    restarts: 0,
    ...rest,
  };
}

function look(canary: Totals, stable: Totals, more: Partial<Look> = {}): Look {
  return {
    canary,
    stable,
    probes: { canary: none, stable: none },
    open: { canary: 0, stable: 0 },
    elapsedMs: 1_000,
    weight: 500,
    ...more,
  };
}

/** Progress after these looks. */
function after(looks: readonly Look[], from: CanaryProgress = noProgress(0)): CanaryProgress {
  return looks.reduce((progress, one) => observed(progress, one).progress, from);
}

test('while no replica of the canary answers there is no bake, and what stable does is not compared', () => {
  const looks = [
    look(totals(0), totals(100)),
    look(totals(10), totals(200)),
    look(totals(12, { aborts: 1 }), totals(900, { errors5xx: 50 }), { away: true }),
    look(totals(22, { aborts: 1 }), totals(1_000, { errors5xx: 50 })),
  ];
  const { step, rollout, bakedMs, watchedMs } = after(looks);
  expect({ bakedMs, watchedMs }).toEqual({ bakedMs: 2_000, watchedMs: 2_000 });
  expect(step).toEqual(rollout);
  expect(step.canary).toMatchObject({ requests: 22, aborts: 1 });
  expect(step.stable).toMatchObject({ requests: 200, errors5xx: 0 });
});

describe('the difference of two totals', () => {
  test('is what came in between', () => {
    const last = totals(100, { errors5xx: 3, aborts: 1, fast: 90, restarts: 1 });
    const now = totals(150, { errors5xx: 5, aborts: 4, fast: 130, restarts: 2 });
    expect(differenceOf(last, now)).toEqual({
      requests: 50,
      errors5xx: 2,
      aborts: 3,
      latency: NO_LATENCY.with(0, 40),
      restarts: 1,
      probes: none,
    });
  });

  test('without a total to compare with is nothing', () => {
    expect(differenceOf(undefined, totals(1_000, { errors5xx: 50, fast: 1_000, restarts: 4 }))).toEqual(
      NO_SAMPLE,
    );
  });

  test('counts from 0 when the router began to count again', () => {
    const last = totals(1_000, { errors5xx: 10, aborts: 10, fast: 900 });
    expect(differenceOf(last, totals(7, { errors5xx: 2, aborts: 1, fast: 6 }))).toMatchObject({
      requests: 7,
      errors5xx: 2,
      aborts: 1,
      latency: NO_LATENCY.with(0, 6),
    });
  });

  test('sees that it began again by any number that went back', () => {
    const last = totals(1_000, { errors5xx: 10 });
    expect(differenceOf(last, totals(1_200, { errors5xx: 4 }))).toMatchObject({
      requests: 1_200,
      errors5xx: 4,
    });
  });

  test('counts a bucket of latency from 0 when only that began again, as each is forgotten by itself', () => {
    const last = totals(1_000, { latency: NO_LATENCY.with(3, 700).with(9, 40) });
    const now = totals(1_010, { latency: NO_LATENCY.with(3, 708).with(9, 2) });
    expect(differenceOf(last, now)).toMatchObject({
      requests: 10,
      latency: NO_LATENCY.with(3, 8).with(9, 2),
    });
  });

  test('a replica that is gone is no restart', () => {
    expect(differenceOf(totals(0, { restarts: 4 }), totals(0, { restarts: 1 })).restarts).toBe(0);
  });

  test('is never negative, whatever the router tells', () => {
    const random = seeded(1);
    const any = (): Totals =>
      totals(random.integer(50), {
        errors5xx: random.integer(50),
        aborts: random.integer(50),
        latency: NO_LATENCY.map(() => random.integer(5)),
        restarts: random.integer(5),
      });
    for (let run = 0; run < 2_000; run++) {
      const difference = differenceOf(any(), any());
      const numbers = [difference.requests, difference.errors5xx, difference.aborts, difference.restarts];
      expect(Math.min(...numbers, ...difference.latency)).toBeGreaterThanOrEqual(0);
    }
  });

  test('of no answers is the one array that all share, as there are very many of them', () => {
    expect(differenceOf(totals(5, { fast: 5 }), totals(6, { fast: 5 })).latency).toBe(NO_LATENCY);
  });
});

describe('a look', () => {
  test('the first of a rollout only sets what is compared with', () => {
    const { progress, window } = observed(
      noProgress(0),
      look(totals(70), totals(9_000), { elapsedMs: 1_500 }),
    );
    expect(progress).toMatchObject({ bakedMs: 0, watchedMs: 0, step: NO_SAMPLES, rollout: NO_SAMPLES });
    expect(window).toMatchObject({ seconds: 0, canary: NO_SAMPLE, stable: NO_SAMPLE });
  });

  test('adds what happened to step and rollout, and its time to bake and watch', () => {
    const { progress, window } = observed(
      after([look(totals(0), totals(100))]),
      look(totals(9, { errors5xx: 3 }), totals(290), { elapsedMs: 1_250 }),
    );
    for (const sums of [progress.step, progress.rollout, window]) {
      expect(sums.canary).toMatchObject({ requests: 9, errors5xx: 3 });
      expect(sums.stable).toMatchObject({ requests: 190, errors5xx: 0 });
    }
    expect(progress).toMatchObject({ bakedMs: 1_250, watchedMs: 1_250 });
    expect(window).toMatchObject({ seconds: 1.25, step: 0, weight: 500 });
  });

  test('while it waits for a person is baked and watched, but not waited for requests', () => {
    const progress = after([
      look(totals(0), totals(0)),
      look(totals(1), totals(9)),
      look(totals(2), totals(18), { paused: true }),
      look(totals(3), totals(27)),
    ]);
    expect(progress).toMatchObject({ bakedMs: 3_000, watchedMs: 3_000, pausedMs: 1_000 });
    expect(waitedMs(progress)).toBe(2_000);
    expect(samplesOf(progress, [], { weight: 500, metrics: 'fresh' })).toMatchObject({
      watchedSeconds: 3,
      waitedSeconds: 2,
    });
  });

  test('counts the probes since the last one, which are no requests', () => {
    const probes = { canary: { sent: 4, failed: 1 }, stable: { sent: 4, failed: 0 } };
    const progress = after([
      look(totals(0), totals(0)),
      ...[1, 2].map(() => look(totals(0), totals(0), { probes })),
    ]);
    expect(progress.step.canary).toMatchObject({ requests: 0, probes: { sent: 8, failed: 2 } });
    expect(progress.rollout.stable).toMatchObject({ requests: 0, probes: { sent: 8, failed: 0 } });
  });

  test.each([
    [999, 999],
    [2_000, 2_000],
    [2_001, 2_000],
    [3_600_000, 2_000],
    [0, 0],
    [-5, 0],
  ])('that comes %d ms after the last adds %d ms of bake', (elapsedMs, bakedMs) => {
    const progress = after([look(totals(0), totals(0)), look(totals(1), totals(1), { elapsedMs })]);
    expect(progress).toMatchObject({ bakedMs, watchedMs: bakedMs });
  });

  test('after a restart of the server takes what happened meanwhile as evidence, not as bake', () => {
    const before = after([look(totals(0), totals(0)), look(totals(10), totals(190))]);
    const stored = JSON.parse(JSON.stringify(before)) as CanaryProgress;
    const { progress, window } = observed(
      stored,
      look(totals(310, { errors5xx: 100 }), totals(5_890), { elapsedMs: 0 }),
    );
    expect(progress.step.canary).toMatchObject({ requests: 310, errors5xx: 100 });
    expect(progress).toMatchObject({ bakedMs: 1_000, watchedMs: 1_000 });
    expect(window).toMatchObject({ seconds: 0, canary: { requests: 300, errors5xx: 100 } });
  });

  test('the sums are those of the windows, over any looks', () => {
    const random = seeded(2);
    let progress = observed(noProgress(0), look(totals(0), totals(0))).progress;
    let sum = NO_SAMPLES;
    let canary = totals(0);
    for (let run = 0; run < 200; run++) {
      canary = totals(canary.requests + random.integer(9), {
        errors5xx: canary.errors5xx + random.integer(3),
        latency: canary.latency.map((count) => count + random.integer(2)),
      });
      const seen = observed(progress, look(canary, totals(run * 19)));
      progress = seen.progress;
      sum = plusBoth(sum, seen.window);
      expect(progress.rollout).toEqual(sum);
    }
  });
});

test('a next step begins at 0, and the rollout and what is compared with go on', () => {
  const first = after([look(totals(0), totals(0)), look(totals(10, { errors5xx: 1 }), totals(190))]);
  const second = nextStep(first, 1);
  expect(second).toMatchObject({ stepIndex: 1, bakedMs: 0, watchedMs: 1_000, step: NO_SAMPLES });
  expect(second.rollout).toEqual(first.rollout);
  const { progress, window } = observed(
    second,
    look(totals(60, { errors5xx: 2 }), totals(340), { weight: 2_500 }),
  );
  expect(progress.step.canary).toMatchObject({ requests: 50, errors5xx: 1 });
  expect(progress.rollout.canary).toMatchObject({ requests: 60, errors5xx: 2 });
  expect(progress).toMatchObject({ stepIndex: 1, bakedMs: 1_000, watchedMs: 2_000 });
  expect(window).toMatchObject({ step: 1, weight: 2_500 });
});

describe('the windows of a rollout', () => {
  const side = (requests: number): SideSample => ({ ...NO_SAMPLE, requests });
  const windowOf = (step: number, requests: number): Window => ({
    canary: side(requests),
    stable: side(requests * 19),
    seconds: 1,
    step,
    weight: [500, 2_500, 5_000][step] as number,
  });

  test('120 are kept as they were', () => {
    const windows: Window[] = [];
    for (let at = 0; at < 120; at++) appendWindow(windows, windowOf(0, at));
    expect(windows.map(({ canary }) => canary.requests)).toEqual(Array.from({ length: 120 }, (_, at) => at));
  });

  test('one more, and the older half is merged two by two; the newer stays as it was', () => {
    const merged = Array.from({ length: 120 }, () => windowOf(0, 1));
    appendWindow(merged, windowOf(0, 7));
    expect(merged).toHaveLength(91);
    expect(merged.slice(0, 30).map(({ canary, seconds }) => [canary.requests, seconds])).toEqual(
      Array.from({ length: 30 }, () => [2, 2]),
    );
    expect(merged.at(-1)?.canary.requests).toBe(7);
    expect(merged.at(-2)?.seconds).toBe(1);
  });

  test('keep no latency, which would be most of what a thousand canaries hold', () => {
    const measured = { ...windowOf(0, 1), canary: { ...side(1), latency: NO_LATENCY.with(3, 1) } };
    const windows: Window[] = [];
    appendWindow(windows, measured);
    const [kept] = windows;
    expect(kept?.canary).toEqual(side(1));
    expect(kept?.canary.latency).toBe(NO_LATENCY);
  });

  test('of a day and many steps they are never more than 120, none is lost, and no steps are mixed', () => {
    const random = seeded(3);
    const windows: Window[] = [];
    const sums = [0, 0, 0];
    for (let at = 0; at < 86_400; at++) {
      const step = at < 20_000 ? 0 : at < 70_001 ? 1 : 2;
      const requests = random.integer(10);
      sums[step] = (sums[step] as number) + requests;
      appendWindow(windows, windowOf(step, requests));
      if (windows.length > 120) throw new Error(`${windows.length} windows`);
    }
    expect([0, 1, 2].map((step) => total(windows.filter((window) => window.step === step)))).toEqual(sums);
    expect(windows.reduce((sum, { seconds }) => sum + seconds, 0)).toBe(86_400);
    expect(windows.map(({ step }) => step)).toEqual(
      windows.map(({ step }) => step).toSorted((a, b) => a - b),
    );
  });

  const total = (windows: readonly Window[]): number =>
    windows.reduce((sum, { canary }) => sum + canary.requests, 0);
});

test('the samples are the progress in seconds, with what is so now', () => {
  const progress = nextStep(after([look(totals(0), totals(0)), look(totals(5), totals(95))]), 2);
  const later = after([look(totals(15), totals(105), { elapsedMs: 1_500 })], progress);
  expect(samplesOf(later, [], { weight: 5_000, metrics: 'silent' })).toEqual({
    windows: [],
    rollout: later.rollout,
    step: later.step,
    open: { canary: 0, stable: 0 },
    stepIndex: 2,
    weight: 5_000,
    bakedSeconds: 1.5,
    watchedSeconds: 2.5,
    waitedSeconds: 2.5,
    metrics: 'silent',
  });
});

import { expect, test } from 'vitest';
import { appendWindow, noProgress, observed, samplesOf } from '../../../core/canary/collect.ts';
import { latencyBucket, NO_LATENCY } from '../../../core/canary/latency.ts';
import type { Samples, Window } from '../../../core/canary/samples.ts';
import { hanging } from '../../../core/canary/unanswered.ts';
import { type Random, seeded } from './seeded.ts';

/** Requests a second of the whole app. */
const RATE = 60;
const SECONDS = 70;
const GIVES_UP_MS = 30_000;

interface App {
  /** Percent of the requests that the canary gets. */
  readonly share: number;
  /** Of its requests, 0 to 1. */
  readonly canaryHangs: number;
  readonly stableHangs: number;
  /** Of all requests, those that are answered after 25 s on purpose. */
  readonly polled: number;
}

interface Side {
  requests: number;
  latency: number[];
  /** When each open request has its answer, and when it ends without one, in milliseconds. */
  waiting: { answerAt: number; endAt: number }[];
}

/** What the looks of one step see when requests are split exactly, each second. */
function* looks(random: Random, { share, canaryHangs, stableHangs, polled }: App): Generator<Samples> {
  const sides = { canary: fresh(), stable: fresh() };
  let progress = noProgress(0);
  const windows: Window[] = [observed(progress, look(sides, 0)).window];
  for (let second = 1, given = 0; second <= SECONDS; second++) {
    for (let n = 0; n < RATE; n++) {
      const isCanary = Math.floor(((given + 1) * share) / 100) > Math.floor((given * share) / 100);
      given++;
      const hangs = random.next() < (isCanary ? canaryHangs : stableHangs);
      const takes = random.next() < polled ? 25_000 : random.logNormal(80, 1.5);
      const from = (second - 1 + n / RATE) * 1_000;
      const answerAt = hangs ? Number.POSITIVE_INFINITY : from + takes;
      sides[isCanary ? 'canary' : 'stable'].waiting.push({ answerAt, endAt: from + GIVES_UP_MS });
    }
    for (const side of [sides.canary, sides.stable]) pass(side, second * 1_000);
    const seen = observed(progress, look(sides, second));
    progress = seen.progress;
    appendWindow(windows, seen.window);
    yield samplesOf(progress, windows, { weight: share * 100, metrics: 'fresh' });
  }
}

function fresh(): Side {
  return { requests: 0, latency: [...NO_LATENCY], waiting: [] };
}

function pass(side: Side, now: number): void {
  for (const { answerAt, endAt } of side.waiting) {
    if (Math.min(answerAt, endAt) > now) continue;
    side.requests++;
    if (answerAt > endAt) continue;
    // Its begin is as far before its end as it may wait.
    const bucket = latencyBucket(answerAt - (endAt - GIVES_UP_MS));
    side.latency[bucket] = (side.latency[bucket] as number) + 1;
  }
  side.waiting = side.waiting.filter(({ answerAt, endAt }) => Math.min(answerAt, endAt) > now);
}

function look({ canary, stable }: { canary: Side; stable: Side }, second: number) {
  const totals = ({ requests, latency }: Side) => ({
    requests,
    errors5xx: 0,
    aborts: 0,
    restarts: 0,
    latency: [...latency],
  });
  const none = { sent: 0, failed: 0 };
  return {
    canary: totals(canary),
    stable: totals(stable),
    probes: { canary: none, stable: none },
    open: { canary: canary.waiting.length, stable: stable.waiting.length },
    elapsedMs: 1_000,
    weight: 500,
    warmingUp: second <= 5,
  };
}

/** The share of rollouts of which a look from the end of the bake on says that they hang. */
function found(runs: number, app: App): number {
  const random = seeded(runs);
  let count = 0;
  for (let run = 0; run < runs; run++) {
    const seen = [...looks(random, app)].slice(30);
    if (seen.some((samples) => hanging(samples) !== undefined)) count++;
  }
  return count / runs;
}

test.each([
  [5, 0, 0],
  [5, 0.1, 0],
  [5, 0.1, 0.3],
  [5, 0.5, 0],
  [25, 0.3, 0.1],
  [50, 0.2, 0.5],
])('a canary with %d percent that is as stable seems not to hang: %d do, %d wait on purpose', (...app) => {
  const [share, hangs, polled] = app;
  expect(found(60, { share, canaryHangs: hangs, stableHangs: hangs, polled })).toBe(0);
});

test.each([
  [5, 0.5, 0, 0],
  [5, 0.45, 0.05, 0.1],
  [25, 0.35, 0, 0],
  [50, 0.3, 0, 0.2],
])('a canary with %d percent that hangs on %d of its requests is found; stable on %d', (...app) => {
  const [share, canaryHangs, stableHangs, polled] = app;
  expect(found(30, { share, canaryHangs, stableHangs, polled })).toBeGreaterThan(0.9);
});

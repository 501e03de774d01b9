import { NO_LATENCY, type LatencyCounts } from './latency.ts';
import type { CanaryProgress, Totals } from './progress.ts';
import {
  type BothSides,
  NO_SAMPLE,
  NO_SAMPLES,
  plusBoth,
  type Samples,
  type SideSample,
  type Window,
} from './samples.ts';

/**
 * The most that one look adds to the bake, in milliseconds. Looks come each second; a longer pause means that the server
 * stood still or the machine slept, and that is no bake.
 */
const LONGEST_LOOK_MS = 2_000;

/** Windows that are kept of a rollout: two minutes of looks as they were, what is older merged. A thousand canaries hold them. */
const MOST_WINDOWS = 120;

type Probes = SideSample['probes'];

/** What the router and the engine told at one look, and for how long it is. */
export interface Look {
  /** Running totals. A side that the router does not know yet has zeros. */
  readonly canary: Totals;
  readonly stable: Totals;
  /** Sent since the last look. */
  readonly probes: { readonly canary: Probes; readonly stable: Probes };
  /** Requests and upgraded connections that are open. */
  readonly open: { readonly canary: number; readonly stable: number };
  /** Milliseconds of a monotonic clock since the last look with fresh numbers; 0 when nobody looked meanwhile. */
  readonly elapsedMs: number;
  /** Replicas have just started: how fast they answer says nothing yet, and is left out of the step's sums. */
  readonly warmingUp?: boolean;
  /** A person has paused it, or it is held for one. */
  readonly paused?: boolean;
  /** None of its replicas answers, so that stable has all requests: there is nothing to compare with. */
  readonly away?: boolean;
  /** The canary's share, in parts of 10,000. */
  readonly weight: number;
}

export function noProgress(stepIndex: number): CanaryProgress {
  return { stepIndex, bakedMs: 0, watchedMs: 0, step: NO_SAMPLES, rollout: NO_SAMPLES };
}

/**
 * What happened between two totals of one side, without probes; never negative. Totals that went back began again at 0:
 * the router's by losing its file, so all that it counts is new. Fewer restarts mean that a replica is gone, and that
 * is no restart.
 * @param last undefined: there is nothing to compare with yet, so nothing happened
 */
export function differenceOf(last: Totals | undefined, now: Totals): SideSample {
  if (last === undefined) return NO_SAMPLE;
  const began = now.requests < last.requests || now.errors5xx < last.errors5xx || now.aborts < last.aborts;
  const from = began ? NO_SAMPLE : last;
  const unreached = Math.max(0, (now.unreached ?? 0) - (from.unreached ?? 0));
  return {
    requests: now.requests - from.requests,
    errors5xx: now.errors5xx - from.errors5xx,
    aborts: now.aborts - from.aborts,
    ...(unreached === 0 ? {} : { unreached }),
    latency: latencyDifference(last.latency, now.latency),
    restarts: Math.max(0, now.restarts - last.restarts),
    probes: NO_SAMPLE.probes,
  };
}

/**
 * Adds what happened since the last look. The first look of a rollout only sets what later ones are compared with; the
 * first one after a restart of the server (`elapsedMs` 0) adds evidence, but no bake. Only for looks with fresh numbers.
 */
export function observed(progress: CanaryProgress, look: Look): { progress: CanaryProgress; window: Window } {
  const { last } = progress;
  const compared = last !== undefined && look.away !== true;
  const elapsedMs = compared ? Math.min(LONGEST_LOOK_MS, Math.max(0, look.elapsedMs)) : 0;
  const sides = {
    canary: { ...differenceOf(last?.canary, look.canary), probes: look.probes.canary },
    stable:
      look.away === true
        ? NO_SAMPLE
        : { ...differenceOf(last?.stable, look.stable), probes: look.probes.stable },
  };
  return {
    progress: {
      stepIndex: progress.stepIndex,
      bakedMs: progress.bakedMs + elapsedMs,
      watchedMs: progress.watchedMs + elapsedMs,
      pausedMs: (progress.pausedMs ?? 0) + (look.paused === true ? elapsedMs : 0),
      step: plusBoth(progress.step, look.warmingUp === true ? requestsOnly(sides) : sides),
      rollout: plusBoth(progress.rollout, sides),
      open: look.open,
      last: { canary: look.canary, stable: look.stable },
    },
    window: { ...sides, seconds: elapsedMs / 1_000, step: progress.stepIndex, weight: look.weight },
  };
}

function requestsOnly({ canary, stable }: BothSides): BothSides {
  return { canary: { ...canary, latency: NO_LATENCY }, stable: { ...stable, latency: NO_LATENCY } };
}

/** Bake and sums of a step begin at 0; those of the rollout go on. */
export function nextStep(progress: CanaryProgress, stepIndex: number): CanaryProgress {
  return { ...progress, stepIndex, bakedMs: 0, step: NO_SAMPLES };
}

/**
 * Adds one to the windows, without its latency: that is only looked at in sums, and of all that a window holds it is by
 * far the most. When they are too many, the older half is merged two by two. In place, as it happens at every look.
 */
export function appendWindow(windows: Window[], window: Window): void {
  windows.push(withoutLatency(window));
  if (windows.length <= MOST_WINDOWS) return;
  windows.splice(0, MOST_WINDOWS / 2, ...mergedByTwo(windows.slice(0, MOST_WINDOWS / 2)));
}

/** For how long a canary has waited for its requests, in milliseconds: not while it waited for a person. */
export function waitedMs({ watchedMs, pausedMs }: CanaryProgress): number {
  return watchedMs - (pausedMs ?? 0);
}

/** All that is known now. */
export function samplesOf(
  progress: CanaryProgress,
  windows: readonly Window[],
  now: Pick<Samples, 'weight' | 'metrics' | 'resumedAtSeconds'>,
): Samples {
  return {
    windows,
    rollout: progress.rollout,
    step: progress.step,
    open: progress.open ?? { canary: 0, stable: 0 },
    stepIndex: progress.stepIndex,
    bakedSeconds: progress.bakedMs / 1_000,
    watchedSeconds: progress.watchedMs / 1_000,
    waitedSeconds: waitedMs(progress) / 1_000,
    ...now,
  };
}

/** Each bucket by itself: HAProxy forgets those that nobody falls into for an hour, one by one. */
function latencyDifference(last: LatencyCounts, now: LatencyCounts): LatencyCounts {
  const difference = NO_LATENCY.map((_, index) => {
    const [before, after] = [last[index] ?? 0, now[index] ?? 0];
    return after < before ? after : after - before;
  });
  // Most windows of most apps: one array for all of them.
  return difference.every((count) => count === 0) ? NO_LATENCY : difference;
}

function withoutLatency({ canary, stable, ...window }: Window): Window {
  return {
    ...window,
    canary: { ...canary, latency: NO_LATENCY },
    stable: { ...stable, latency: NO_LATENCY },
  };
}

/** Neighbours of the same step and weight become one; others stay apart, as they are not to be compared as one. */
function mergedByTwo(windows: readonly Window[]): Window[] {
  const merged: Window[] = [];
  for (let at = 0; at < windows.length; at++) {
    const one = windows[at] as Window;
    const next = windows[at + 1];
    if (next === undefined || next.step !== one.step || next.weight !== one.weight) merged.push(one);
    else {
      merged.push({
        ...plusBoth(one, next),
        seconds: one.seconds + next.seconds,
        step: one.step,
        weight: one.weight,
      });
      at++;
    }
  }
  return merged;
}

import type { Decision } from '../../../core/canary/decision.ts';
import { latencyBucket, type LatencyCounts, NO_LATENCY } from '../../../core/canary/latency.ts';
import { NO_SAMPLE, type Samples, type SideSample } from '../../../core/canary/samples.ts';
import { type CanaryPolicy, DEFAULT_CANARY } from '../../../core/manifest/manifest.ts';

/** The default policy with changes. */
export function policy(changes: Partial<CanaryPolicy> = {}): CanaryPolicy {
  return { ...DEFAULT_CANARY, ...changes };
}

/** Answers that took so long, in milliseconds. */
export function latencies(...answers: readonly { ms: number; count: number }[]): LatencyCounts {
  const counts = [...NO_LATENCY];
  for (const { ms, count } of answers) {
    const bucket = latencyBucket(ms);
    counts[bucket] = (counts[bucket] as number) + count;
  }
  return counts;
}

export interface SideOptions {
  readonly errors?: number;
  readonly aborts?: number;
  /** Beside the requests. */
  readonly unreached?: number;
  /** What each request took; none was measured when it is left out. */
  readonly ms?: number;
  readonly latency?: LatencyCounts;
  readonly restarts?: number;
  /** Sent and failed. */
  readonly probes?: readonly [number, number];
}

export function side(requests: number, options: SideOptions = {}): SideSample {
  const { errors = 0, aborts = 0, unreached = 0, ms, latency, restarts = 0, probes = [0, 0] } = options;
  const measured = ms === undefined ? NO_LATENCY : latencies({ ms, count: requests });
  return {
    ...NO_SAMPLE,
    requests,
    errors5xx: errors,
    aborts,
    ...(unreached > 0 && { unreached }),
    latency: latency ?? measured,
    restarts,
    probes: { sent: probes[0], failed: probes[1] },
  };
}

/** The first step of a rollout, 5 % for 30 s; what is said of the step holds for the rollout unless that is said too. */
export function samples(canary: SideSample, stable: SideSample, changes: Partial<Samples> = {}): Samples {
  return {
    windows: [],
    step: { canary, stable },
    rollout: { canary, stable },
    open: { canary: 0, stable: 0 },
    stepIndex: 0,
    weight: 500,
    bakedSeconds: 30,
    watchedSeconds: changes.bakedSeconds ?? 30,
    waitedSeconds: changes.watchedSeconds ?? changes.bakedSeconds ?? 30,
    metrics: 'fresh',
    ...changes,
  };
}

/** What a canary and stable show at the end of a bake when nothing is wrong. */
export const good = side(150, { ms: 20 });
export const goodStable = side(2_850, { ms: 20 });

export function said({ result, code, sentence }: Decision): string {
  return `${result} ${code}: ${sentence}`;
}

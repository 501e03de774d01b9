import { type LatencyCounts, NO_LATENCY } from './latency.ts';

/** What one side of a split did; differences of running totals, never the totals themselves. */
export interface SideSample {
  readonly requests: number;
  readonly errors5xx: number;
  /** Answers that a replica broke off. */
  readonly aborts: number;
  /** Requests that went with a replica that was gone or leaving; among none of the above. Absent: none. */
  readonly unreached?: number;
  readonly latency: LatencyCounts;
  /** Replicas that ended and were started again. */
  readonly restarts: number;
  /** Requests of our own, not among `requests`. */
  readonly probes: { readonly sent: number; readonly failed: number };
}

/** Both sides over the same time. */
export interface BothSides {
  readonly canary: SideSample;
  readonly stable: SideSample;
}

/** What was seen between two looks. */
export interface Window extends BothSides {
  /** Seconds between the looks; 0 for what happened while nobody looked (the server was down). */
  readonly seconds: number;
  readonly step: number;
  /** The canary's share at that time, in parts of 10,000. */
  readonly weight: number;
}

/** All that is known about a canary at one look. */
export interface Samples {
  /** Oldest first, of the whole rollout, without latency; the oldest are merged when there are very many. */
  readonly windows: readonly Window[];
  /** Sums over the whole rollout. */
  readonly rollout: BothSides;
  /** Sums over the present step. */
  readonly step: BothSides;
  /** Requests and upgraded connections open now, whenever they began. */
  readonly open: { readonly canary: number; readonly stable: number };
  /** Steps count from 0. */
  readonly stepIndex: number;
  /** The canary's share now, in parts of 10,000. */
  readonly weight: number;
  /** Time in this step during which the router told fresh numbers, in seconds. */
  readonly bakedSeconds: number;
  /** The same over the whole rollout. */
  readonly watchedSeconds: number;
  /** The same without the time in which it waited for a person; what `max_wait` limits. */
  readonly waitedSeconds: number;
  /** `waitedSeconds` when a person let it go on though too few requests came; it waits for them anew from there. */
  readonly resumedAtSeconds?: number;
  /** `silent`: the router has not told fresh numbers for some seconds; that is not the same as no traffic. */
  readonly metrics: 'fresh' | 'silent';
}

export const NO_SAMPLE: SideSample = {
  requests: 0,
  errors5xx: 0,
  aborts: 0,
  latency: NO_LATENCY,
  restarts: 0,
  probes: { sent: 0, failed: 0 },
};

export const NO_SAMPLES: BothSides = { canary: NO_SAMPLE, stable: NO_SAMPLE };

export function plus(a: SideSample, b: SideSample): SideSample {
  return {
    requests: a.requests + b.requests,
    errors5xx: a.errors5xx + b.errors5xx,
    aborts: a.aborts + b.aborts,
    ...unreachedPlus(a, b),
    latency: latencyPlus(a.latency, b.latency),
    restarts: a.restarts + b.restarts,
    probes: { sent: a.probes.sent + b.probes.sent, failed: a.probes.failed + b.probes.failed },
  };
}

function unreachedPlus(a: SideSample, b: SideSample): Pick<SideSample, 'unreached'> {
  const unreached = (a.unreached ?? 0) + (b.unreached ?? 0);
  return unreached === 0 ? {} : { unreached };
}

/** Most looks of most apps bring none, so nothing is made for those. */
function latencyPlus(a: LatencyCounts, b: LatencyCounts): LatencyCounts {
  return b === NO_LATENCY ? a : NO_LATENCY.map((_, index) => (a[index] ?? 0) + (b[index] ?? 0));
}

export function plusBoth(a: BothSides, b: BothSides): BothSides {
  return { canary: plus(a.canary, b.canary), stable: plus(a.stable, b.stable) };
}

/**
 * Requests that users saw fail: answered with 5xx, or broken off. A 5xx that is itself broken off counts twice in HAProxy,
 * so there can be more of both than requests.
 */
export function errorsOf(side: SideSample): number {
  return Math.min(side.requests, side.errors5xx + side.aborts);
}

export function failuresOf(side: SideSample): { readonly requests: number; readonly errors: number } {
  return { requests: side.requests, errors: errorsOf(side) };
}

/** How often and how patiently the health of replicas is asked. Milliseconds, all of them. */
export const HEALTH_TIMES = {
  /** A small app answers its first request within some 100 ms, and a push waits for it. */
  firstPoll: 20,
  slowestPoll: 1_000,
  /** Polled at the first pace so long. */
  fastFor: 3_000,
  probeTimeout: 5_000,
  /** For the first look at a replica that another process of ours had found ready. */
  adoptionTimeout: 1_000,
  steadyPoll: 5_000,
  /** A process without a port is ready once it has stayed up so long. */
  upFor: 1_000,
  firstHint: 5_000,
  nextHint: 10_000,
  /** Looked at again without an event, should one have been lost. */
  lookAgain: 60_000,
} as const;

export const FAILURES_TO_UNHEALTHY = 3;

export interface Asked {
  /** What the last request met. */
  readonly ok: boolean;
  /** It was healthy before in this life. */
  readonly serving: boolean;
  /** Milliseconds that it has been up. */
  readonly upFor: number;
  /** Milliseconds within which it must be healthy. */
  readonly limit: number;
}

/** @returns milliseconds until the next health request */
export function pollAfter({ ok, serving, upFor, limit }: Asked): number {
  if (ok) return HEALTH_TIMES.steadyPoll;
  if (serving) return HEALTH_TIMES.slowestPoll;
  const late = upFor - HEALTH_TIMES.fastFor;
  const pace =
    late < 0
      ? HEALTH_TIMES.firstPoll
      : Math.min(HEALTH_TIMES.slowestPoll, HEALTH_TIMES.firstPoll + late / 10);
  const left = limit - upFor;
  return left > 0 ? Math.min(pace, left) : HEALTH_TIMES.slowestPoll;
}

import type { BothSides, SideSample } from './samples.ts';

/** Running totals of one side as the router and the engine told them last. */
export type Totals = Pick<
  SideSample,
  'requests' | 'errors5xx' | 'aborts' | 'unreached' | 'latency' | 'restarts'
>;

/** What of a canary outlives a restart of the server. Times are time spent, so that a clock that jumps changes nothing. */
export interface CanaryProgress {
  readonly stepIndex: number;
  readonly bakedMs: number;
  readonly watchedMs: number;
  /** The part of `watchedMs` in which a person had paused it or it was held; absent in journals of older servers. */
  readonly pausedMs?: number;
  readonly step: BothSides;
  readonly rollout: BothSides;
  /** Open at the last look; absent before the first, and in journals of older servers. */
  readonly open?: { readonly canary: number; readonly stable: number };
  /** What the next differences are taken against. */
  readonly last?: { readonly canary: Totals; readonly stable: Totals };
}

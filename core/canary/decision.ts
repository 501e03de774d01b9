/** The numbers behind a decision, for people and programs. Shares are 0 to 1; absent where nothing was counted. */
export interface SideEvidence {
  readonly requests: number;
  readonly errors: number;
  readonly errorShare?: number;
  /** Milliseconds to the first byte. */
  readonly latencyP50Ms?: number;
  readonly latencyP95Ms?: number;
  /** Requests whose latency counts: fewer than `requests`, as the first seconds of a step and event streams are left out. */
  readonly latencySamples: number;
  readonly restarts: number;
  readonly probes: { readonly sent: number; readonly failed: number };
}

export interface Evidence {
  readonly canary: SideEvidence;
  readonly stable: SideEvidence;
  /** What the numbers are of. */
  readonly over: 'step' | 'rollout';
  readonly seconds: number;
  /** The smallest excess of the canary's error share over stable's that these numbers would have shown, 0 to 1. */
  readonly smallestExcess?: number;
  /** An app without `web` has no requests to compare: all that counts is whether its processes stay up. */
  readonly only?: 'uptime';
}

/**
 * `pass`: this step has shown enough. `fail`: the canary is clearly worse. `wait`: look again. `no_data`: too few requests
 * will come, and the probes are all there is; the policy's `on_no_data` says what follows.
 */
export type DecisionResult = 'pass' | 'fail' | 'wait' | 'no_data';

export type DecisionCode =
  | 'canary_as_good'
  | 'canary_worse'
  | 'canary_slow'
  | 'canary_crashed'
  | 'canary_unanswered'
  | 'canary_probes_failed'
  | 'little_traffic'
  | 'metrics_silent'
  | 'baking'
  | 'few_requests';

export interface Decision {
  readonly result: DecisionResult;
  readonly code: DecisionCode;
  /**
   * One line for people, with the numbers, without a full stop. Its sides are `the canary` and `stable`; `named` of
   * lines.ts puts the releases' names there.
   */
  readonly sentence: string;
  readonly evidence: Evidence;
  /** Facts behind it, such as what a process wrote before it ended, one a line; as it wrote them. */
  readonly detail?: readonly string[];
}

import type { Evidence } from '../../core/canary/decision.ts';
import type { Reason } from '../../core/reason.ts';

/** Why a rollout must be taken back, with the numbers where there are any. */
export interface Failure {
  readonly reason: Reason;
  readonly evidence?: Evidence;
}

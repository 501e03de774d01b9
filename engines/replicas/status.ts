import type { Reason } from '../../core/reason.ts';
import type { ReplicaState } from '../port.ts';

/** How one replica is. */
export interface ReplicaStatus {
  readonly state: ReplicaState;
  readonly reason?: Reason;
  readonly restarts: number;
  /** How it last ended by itself. */
  readonly crash?: Reason;
  readonly startedAt?: number;
}

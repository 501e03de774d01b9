import type { ReleaseSpec } from '../../engines/port.ts';
import type { AppRow } from '../store/apps.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { RolloutRow } from '../store/rollouts.ts';

/** A rollout and what it is of. */
export interface Rolling {
  readonly app: AppRow;
  readonly rollout: RolloutRow;
  readonly release: ReleaseRow;
  /** With all replicas of all processes. */
  readonly spec: ReleaseSpec;
}

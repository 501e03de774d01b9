import { type Reason, reason } from '../../core/reason.ts';
import type { ProcessSpec, Replica, ReleaseSpec } from '../../engines/port.ts';

export type Readiness =
  | { readonly state: 'ready' }
  | { readonly state: 'waiting' }
  | { readonly state: 'failed'; readonly reason: Reason };

/** How the given processes of a release stand: all wanted replicas ready, one failed for good, or neither yet. */
export function readiness(
  release: Pick<ReleaseSpec, 'releaseId'>,
  processes: readonly ProcessSpec[],
  replicas: readonly Replica[],
): Readiness {
  const mine = replicas.filter((replica) => replica.releaseId === release.releaseId);
  const failed = mine.find(
    (replica) => replica.state === 'failed' && processes.some((process) => process.type === replica.process),
  );
  if (failed) {
    return {
      state: 'failed',
      reason:
        failed.reason ??
        reason('start_failed', `${failed.process}.${failed.index} did not start`, 'sluice logs'),
    };
  }
  const ready = processes.every(
    (process) =>
      mine.filter((replica) => replica.process === process.type && replica.state === 'ready').length >=
      process.replicas,
  );
  return { state: ready ? 'ready' : 'waiting' };
}

/** Whether the engine holds just the replicas that a release should have, whatever their health. */
export function isComplete(spec: ReleaseSpec, replicas: readonly Replica[]): boolean {
  const mine = replicas.filter((replica) => replica.releaseId === spec.releaseId);
  const up = mine.filter((replica) => replica.state !== 'exited' && replica.state !== 'stopping');
  return (
    mine.length === spec.processes.reduce((sum, process) => sum + process.replicas, 0) &&
    spec.processes.every(
      (process) => up.filter((replica) => replica.process === process.type).length === process.replicas,
    )
  );
}

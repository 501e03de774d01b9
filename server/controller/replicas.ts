import { type Reason, reason } from '../../core/reason.ts';
import type { ProcessSpec, Replica, ReleaseSpec } from '../../engines/port.ts';

export type Readiness =
  | { readonly state: 'ready' }
  | { readonly state: 'waiting' }
  | { readonly state: 'failed'; readonly reason: Reason };

/** The engine's word for a replica whose node does not answer. */
const NODE_LOST = 'node_not_ready';

type Named = Pick<ReleaseSpec, 'app' | 'releaseId' | 'releaseNumber'>;

/** How the given processes of a release stand: all wanted replicas ready, one failed for good, or neither yet. */
export function readiness(
  release: Named,
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
        reason('start_failed', `${failed.process}.${failed.index} did not start`, whatItWrote(release)),
    };
  }
  const ready = processes.every(
    (process) =>
      mine.filter((replica) => replica.process === process.type && replica.state === 'ready').length >=
      process.replicas,
  );
  return { state: ready ? 'ready' : 'waiting' };
}

/**
 * Whether the engine holds just the replicas that a release should have, whatever their health. One that was made and
 * never started, because a crash came between, does not count.
 */
export function isComplete(spec: ReleaseSpec, replicas: readonly Replica[]): boolean {
  const mine = replicas.filter((replica) => replica.releaseId === spec.releaseId);
  const up = mine.filter(
    ({ state, startedAt }) =>
      state !== 'exited' && state !== 'stopping' && (state !== 'starting' || startedAt !== undefined),
  );
  return (
    mine.length === spec.processes.reduce((sum, process) => sum + process.replicas, 0) &&
    spec.processes.every(
      (process) => up.filter((replica) => replica.process === process.type).length === process.replicas,
    )
  );
}

/** A live release: complete, and none of its replicas given up; the engine decides when one is tried again. */
export function isWhole(spec: ReleaseSpec, replicas: readonly Replica[]): boolean {
  const failed = replicas.some(
    (replica) => replica.releaseId === spec.releaseId && replica.state === 'failed',
  );
  return !failed && isComplete(spec, replicas);
}

/** Whether a release waits for replicas whose node does not answer, which is no fault of its own. */
export function isNodeLost({ releaseId }: Pick<Named, 'releaseId'>, replicas: readonly Replica[]): boolean {
  return replicas.some((one) => one.releaseId === releaseId && one.state !== 'stopping' && isOnLostNode(one));
}

/** It does not answer, and neither does its node; also once it is told to end. */
export function isOnLostNode({ state, reason: why }: Replica): boolean {
  return state !== 'ready' && why?.code === NODE_LOST;
}

/** Why a release is not ready yet, as far as one of its replicas says so. */
export function whyWaiting(release: Named, replicas: readonly Replica[]): Reason {
  const ill = replicas.find(
    ({ releaseId, state, reason: why }) => releaseId === release.releaseId && state !== 'ready' && why,
  );
  return (
    ill?.reason ??
    reason('not_ready_in_time', 'its processes did not all become ready in time', whatItWrote(release))
  );
}

function whatItWrote({ app, releaseNumber }: Named): string {
  return `what it wrote: sluice logs -r v${releaseNumber} -a ${app.name}`;
}

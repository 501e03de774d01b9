import type { ProcessSpec, ReplicaState } from '../../port.ts';

/** A container of a release, as far as it matters for what must be done about it. */
export interface ExistingReplica {
  readonly containerId: string;
  readonly process: string;
  readonly index: number;
  readonly generation: number;
  /** The engine's word: created, running, exited, … */
  readonly status: string;
  readonly state: ReplicaState;
  /** Milliseconds since it failed; absent when it has not. */
  readonly failedFor?: number;
}

export interface Place {
  readonly process: string;
  readonly index: number;
  readonly generation: number;
}

export interface Plan {
  readonly create: readonly Place[];
  /** Containers that are there and only have to be started. */
  readonly start: readonly string[];
  readonly remove: readonly string[];
}

/**
 * A failed replica stays so long, in milliseconds: whoever watches a rollout sees why, and a live release that
 * was scaled up is tried again without end, but not in a tight loop.
 */
export const RETRY_FAILED_AFTER = 30_000;

/**
 * What to do so that a release's processes are as asked, from any half-done state. Pure.
 * @param held containers that a restart under way is replacing; they are left alone
 */
export function planRelease(
  processes: readonly ProcessSpec[],
  existing: readonly ExistingReplica[],
  held: ReadonlySet<string>,
): Plan {
  const create: Place[] = [];
  const start: string[] = [];
  const wanted = new Set<string>();

  for (const { type, replicas } of processes) {
    for (let index = 1; index <= replicas; index += 1) {
      const there = existing.filter((replica) => replica.process === type && replica.index === index);
      const restarting = there.filter((replica) => held.has(replica.containerId));
      for (const replica of restarting) wanted.add(replica.containerId);
      if (restarting.length > 0) continue;

      const best = there.filter(isUsable).toSorted(byUse)[0];
      if (best === undefined) {
        const last = Math.max(0, ...there.map((replica) => replica.generation));
        create.push({ process: type, index, generation: last + 1 });
        continue;
      }
      wanted.add(best.containerId);
      if (best.status === 'created' || (best.status === 'exited' && best.state !== 'failed')) {
        start.push(best.containerId);
      }
    }
  }
  const remove = existing
    .filter((replica) => !wanted.has(replica.containerId) && !held.has(replica.containerId))
    .map((replica) => replica.containerId);
  return { create, start, remove };
}

function isUsable(replica: ExistingReplica): boolean {
  if (replica.state === 'stopping' || replica.status === 'dead' || replica.status === 'removing')
    return false;
  return replica.failedFor === undefined || replica.failedFor < RETRY_FAILED_AFTER;
}

/** Ready before others, then the newest. */
function byUse(a: ExistingReplica, b: ExistingReplica): number {
  return Number(b.state === 'ready') - Number(a.state === 'ready') || b.generation - a.generation;
}

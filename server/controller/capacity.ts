import type { Reason } from '../../core/reason.ts';
import type { ProcessSpec, ReleaseSpec, Replica } from '../../engines/port.ts';
import type { ControllerDeps } from './deps.ts';
import { Patience } from './patience.ts';
import { isComplete, isNodeLost, readiness, whyWaiting } from './replicas.ts';

/** Beyond its own health limit, for what the engine does not end by itself: a release that was well once and is ill now. */
const MARGIN_MS = 60_000;

export type Capacity =
  | { readonly state: 'ready' | 'waiting'; readonly replicas: readonly Replica[] }
  | { readonly state: 'failed'; readonly reason: Reason };

/** How long each rollout has waited for replicas. */
export const waits = new Patience();

/** Makes these processes of a release be there and says whether all of them are ready, are not yet, or never will be. */
export async function capacity(
  deps: Pick<ControllerDeps, 'workloads'>,
  rolloutId: string,
  release: ReleaseSpec,
  processes: readonly ProcessSpec[],
): Promise<Capacity> {
  const spec = { ...release, processes };
  const replicas = await ensured(deps, spec);
  const found = readiness(spec, processes, replicas);
  if (found.state === 'failed') return found;
  if (found.state === 'ready') {
    waits.forget(rolloutId);
    return { state: 'ready', replicas };
  }
  // Its replicas are made elsewhere, and have their time from then on.
  if (isNodeLost(spec, replicas)) waits.forget(rolloutId);
  if (waits.isOver(rolloutId, spec.health.timeoutSeconds * 1_000 + MARGIN_MS)) {
    return { state: 'failed', reason: whyWaiting(spec, replicas) };
  }
  return { state: 'waiting', replicas };
}

/** The engine is only asked to act when something is missing: looks are many, changes few. */
async function ensured(deps: Pick<ControllerDeps, 'workloads'>, spec: ReleaseSpec): Promise<Replica[]> {
  const seen = await deps.workloads.observe(spec.app.id);
  if (isComplete(spec, seen)) return seen;
  await deps.workloads.ensure(spec);
  return deps.workloads.observe(spec.app.id);
}

/** `2 web, 1 worker`; '' when none of them has replicas. */
export function counted(processes: readonly ProcessSpec[]): string {
  const some = processes.filter(({ replicas }) => replicas > 0);
  return some.map((process) => `${process.replicas} ${process.type}`).join(', ');
}

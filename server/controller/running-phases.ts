import type { OneOff } from '../../engines/port.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { Store } from '../store/store.ts';
import type { ControllerDeps } from './deps.ts';

/** A release command that runs, as far as this server knows. */
export interface RunningPhase {
  readonly rolloutId: string;
  readonly appId: string;
  /** When this server first saw it, `performance.now()`. */
  readonly since: number;
  /** false: a server before this one started it, or the line to it broke; nobody sees its output or its end. */
  followed: boolean;
  oneOff?: OneOff;
  /** Nobody wants its result any more, or it has been too long. */
  stopped?: 'unwanted' | 'timeout';
}

interface Known {
  /** By rollout. */
  readonly phases: Map<string, RunningPhase>;
  /** Apps whose commands of earlier servers have been looked for. */
  readonly apps: Set<string>;
}

/** Newest rollouts of an app of which one may have left a command behind. */
const LOOK_BACK = 5;

const known = new WeakMap<Store, Known>();

/** The key of its one-off. */
export function phaseKey(rolloutId: string): string {
  return `release-${rolloutId}`;
}

export function beginPhase(store: Store, { id, app_id: appId }: RolloutRow): RunningPhase {
  const phase = { rolloutId: id, appId, since: performance.now(), followed: true };
  knownOf(store).phases.set(id, phase);
  return phase;
}

export function endPhase(store: Store, { rolloutId }: RunningPhase): void {
  knownOf(store).phases.delete(rolloutId);
}

export function phasesOf(store: Store, appId: string): RunningPhase[] {
  return [...knownOf(store).phases.values()].filter((phase) => phase.appId === appId);
}

/** Finds the commands of an app that outlived the server which started them. Asks the engine once a start. */
export async function adoptPhases({ store, workloads }: ControllerDeps, appId: string): Promise<void> {
  const { phases, apps } = knownOf(store);
  if (apps.has(appId)) return;
  for (const { id } of store.rollouts.withoutPhaseEnd(appId, LOOK_BACK)) {
    if (phases.has(id)) continue;
    const found = await workloads.findOneOff(appId, phaseKey(id));
    if (found?.state !== 'running') continue;
    phases.set(id, { rolloutId: id, appId, since: performance.now(), followed: false });
  }
  apps.add(appId);
}

/** Whether a server before this one may have left a command of the app behind, and nobody has looked yet. */
export function mayHaveLeftPhase(store: Store, appId: string): boolean {
  return !knownOf(store).apps.has(appId) && store.rollouts.withoutPhaseEnd(appId, LOOK_BACK).length > 0;
}

function knownOf(store: Store): Known {
  const found = known.get(store) ?? { phases: new Map(), apps: new Set() };
  known.set(store, found);
  return found;
}

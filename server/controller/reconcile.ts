import { Refusal } from '../../core/reason.ts';
import { rolloutHasEnded } from '../../core/rollout.ts';
import type { ListedReplica, ReleaseSpec, Replica, Route } from '../../engines/port.ts';
import { releaseSpec } from '../release-spec.ts';
import type { AppRow } from '../store/apps.ts';
import type { ControllerDeps } from './deps.ts';
import { destroy } from './destroy.ts';
import { pruneImages } from './images.ts';
import { stopPhases } from './release-phase.ts';
import { mayHaveLeftPhase } from './running-phases.ts';
import { isComplete, isWhole } from './replicas.ts';
import { endRetired, keptReleases, retireLeftovers } from './retire.ts';
import { advance } from './rollout.ts';
import { routeOf, splitOf } from './route-of.ts';
import { takeTraffic } from './take-traffic.ts';
import { tellingAway } from './tell-away.ts';
import { isTemporary } from './temporary.ts';
import { isUnderWatch } from './watch-canary.ts';

/**
 * Compares what an app should be with what the engine shows and takes every step that can be taken now, from any
 * starting point.
 * @returns milliseconds after which to look again without being woken, undefined when only a change matters
 */
export async function reconcile(deps: ControllerDeps, appId: string): Promise<number | undefined> {
  const { store } = deps;
  const app = store.apps.byId(appId);
  if (!app) {
    deps.canaries.keepOnly(appId);
    const destroyed = store.apps.destroyed().find((row) => row.id === appId);
    if (destroyed && !(await destroy(deps, destroyed))) return 1_000;
    return undefined;
  }
  return tellingAway(deps, appId, () => look(deps, app));
}

async function look(deps: ControllerDeps, app: AppRow): Promise<number | undefined> {
  const { store, workloads } = deps;
  // An app whose creation was cut off, as by a full disk, has none yet.
  await deps.repositories.create(app.id, app.deploy_branch);
  await takeTraffic(deps, app);
  await deps.dispatcher.dispatch(app.id);
  await stopPhases(deps, app.id);
  const open = store.rollouts.open(app.id);
  // What goes back at once ends first; what came since waits for it.
  const [rollout] = open;
  const watched = rollout?.state === 'canary' || rollout?.state === 'promoting';
  deps.canaries.keepOnly(app.id, watched ? rollout.id : undefined);
  if (rollout) await advance(deps, app, rollout);
  const { replicas, refused } = await keepLive(deps, app, await workloads.observe(app.id));
  retireLeftovers(deps, app, [...replicas, ...(await keptReleases(deps, app))]);
  await deps.routes.apply(routeOf(store, deps.settings, app, splitOf(deps, app, replicas), replicas));
  const again = await endRetired(deps, app);
  if (refused) throw refused;
  if (rollout && rolloutHasEnded(store.rollouts.require(rollout.id).state)) {
    await pruneImages(deps, app);
    deps.repositories
      .tidy(app.id)
      .catch((error: unknown) => deps.log.warn({ err: error, app: app.id }, 'git gc'));
  }
  return again;
}

/** Nothing of an app is on its way in or out, by the journal. */
export function isAtRest({ store }: Pick<ControllerDeps, 'store'>, app: AppRow): boolean {
  return (
    store.rollouts.open(app.id).length === 0 &&
    store.rollouts.retiring(app.id).length === 0 &&
    !mayHaveLeftPhase(store, app.id)
  );
}

/** Whether nothing is to be done for an app, told without asking anybody. */
export function isSettled(deps: ControllerDeps, app: AppRow, replicas: readonly Replica[]): boolean {
  const route = settledRoute(deps, app, replicas) ?? watchedRoute(deps, app, replicas);
  return route !== undefined && deps.routes.isCurrent(route);
}

/**
 * The route of an app whose canary needs nothing but its next look, as the watch wakes it when there is something to do;
 * undefined when there is more to be done.
 */
function watchedRoute(deps: ControllerDeps, app: AppRow, replicas: readonly Replica[]): Route | undefined {
  const { store, settings } = deps;
  const live = app.live_release_id;
  const [rollout, another] = store.rollouts.open(app.id);
  if (live === null || rollout?.state !== 'canary' || another) return undefined;
  if (store.rollouts.retiring(app.id).length > 0 || mayHaveLeftPhase(store, app.id)) return undefined;
  if (replicas.some(({ releaseId }) => releaseId !== live && releaseId !== rollout.release_id))
    return undefined;
  const specOf = (id: string): ReleaseSpec =>
    releaseSpec(store, settings.domain, app, store.releases.require(id));
  if (!isWhole(specOf(live), replicas)) return undefined;
  // Without web all of it runs, and there is no address by which one that is gone would be missed.
  if (rollout.weight === 0 && !isComplete(specOf(rollout.release_id), replicas)) return undefined;
  if (!isUnderWatch(deps, live, rollout, replicas)) return undefined;
  return routeOf(store, settings, app, splitOf(deps, app, replicas), replicas);
}

/** The route of an app that needs nothing else, told without asking anybody; undefined when there is more to be done. */
export function settledRoute(
  deps: ControllerDeps,
  app: AppRow,
  replicas: readonly Replica[],
): Route | undefined {
  const { store } = deps;
  if (!isAtRest(deps, app)) return undefined;
  const live = app.live_release_id;
  if (replicas.some((replica) => replica.releaseId !== live)) return undefined;
  if (live !== null) {
    const spec = releaseSpec(store, deps.settings.domain, app, store.releases.require(live));
    if (!isWhole(spec, replicas)) return undefined;
  }
  return routeOf(store, deps.settings, app, { stable: live }, replicas);
}

/**
 * The route of an app that needs nothing else, told by the engine's list alone. Only where it is the same however its
 * replicas are, as it is with one of them: of several those that are ill have no requests.
 * @returns 'unknown' where that depends on how they are, undefined when there is more to be done
 */
export function listedRoute(
  deps: ControllerDeps,
  app: AppRow,
  listed: readonly ListedReplica[],
): Route | 'unknown' | undefined {
  if (listed.some(({ running }) => !running)) return undefined;
  const replicas = listed.map((one): Replica => ({
    ...one,
    state: 'ready',
    restarts: 0,
    startedAt: 0,
  }));
  const route = settledRoute(deps, app, replicas);
  return route?.releases.some(({ backends }) => backends.length > 1) ? 'unknown' : route;
}

/** What the engine refuses to start is said once the rest has been done: the routes of what still runs, for example. */
async function keepLive(
  deps: ControllerDeps,
  app: AppRow,
  replicas: Replica[],
): Promise<{ replicas: Replica[]; refused?: Refusal }> {
  const id = deps.store.apps.byId(app.id)?.live_release_id ?? null;
  if (id === null) return { replicas };
  const spec = releaseSpec(deps.store, deps.settings.domain, app, deps.store.releases.require(id));
  if (isWhole(spec, replicas)) return { replicas };
  try {
    await deps.workloads.ensure(spec);
  } catch (error) {
    if (!(error instanceof Refusal) || isTemporary(error)) throw error;
    return { replicas: await deps.workloads.observe(app.id), refused: error };
  }
  return { replicas: await deps.workloads.observe(app.id) };
}

import { FULL_WEIGHT } from '../../core/rollout.ts';
import type { AppRow } from '../store/apps.ts';
import type { ControllerDeps } from './deps.ts';
import { goneBackTo, keepsShare, routeOf, splitOf } from './route-of.ts';

/** What must not have requests any more loses them before anything else is begun, whatever else is away. */
export async function takeTraffic(deps: ControllerDeps, app: AppRow): Promise<void> {
  await withdraw(deps, app);
  await goBack(deps, app);
}

/**
 * A canary that is seen to be worse, or was aborted or superseded: by the route that the router has, so that neither the
 * engine nor the journal is needed.
 */
async function withdraw(deps: ControllerDeps, app: AppRow): Promise<void> {
  const { store, routes } = deps;
  const live = app.live_release_id;
  const route = routes.given(app.id);
  if (live === null || !route?.releases.some(({ releaseId }) => releaseId === live)) return;
  const entitled = new Set([live, goneBackTo(store, app)]);
  for (const rollout of store.rollouts.open(app.id)) {
    // One without a share that promotes may have been given all traffic already.
    const promotes = rollout.state === 'promoting' && rollout.weight === 0;
    if (promotes || keepsShare(deps, rollout)) entitled.add(rollout.release_id);
  }
  if (route.releases.every(({ releaseId, weight }) => weight === 0 || entitled.has(releaseId))) return;
  const releases = route.releases.map((one) => ({
    ...one,
    weight: one.releaseId === live ? FULL_WEIGHT : 0,
  }));
  await routes.apply({ ...route, releases });
}

/** A rollback to what is still warm does not wait for replicas of its own, which the engine may be unable to start. */
async function goBack(deps: ControllerDeps, app: AppRow): Promise<void> {
  const { store, routes, settings, workloads } = deps;
  if (!routes.has(app.id) || goneBackTo(store, app) === undefined) return;
  if (store.rollouts.open(app.id).some(({ state }) => state === 'promoting')) return;
  const replicas = await workloads.observe(app.id);
  await routes.apply(routeOf(store, settings, app, splitOf(deps, app, replicas), replicas));
}

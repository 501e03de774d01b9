import { keptConfigText } from '../kept-config.ts';
import type { AppRow } from '../store/apps.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import { alignBranch } from './branch.ts';
import { waits } from './capacity.ts';
import type { ControllerDeps } from './deps.ts';
import type { Failure } from './failure.ts';
import { routeOf, splitOf } from './route-of.ts';

/** Ends a rollout that did not do well: its traffic goes back at once, then the branch; its containers go later. */
export async function takeBack(
  deps: ControllerDeps,
  app: AppRow,
  rollout: RolloutRow,
  { reason, evidence }: Failure,
): Promise<void> {
  const { store, routes, settings, workloads } = deps;
  const { state } = store.rollouts.require(rollout.id);
  const event = state === 'starting' ? 'fail' : 'roll-back';
  const end = { reason, weight: 0, ...(evidence ? { evidence } : {}) };
  store.makeRoom();
  const kept = keptConfigText(store, app, store.releases.require(rollout.release_id));
  const ended = store.transaction(() => {
    // Before its end, which is the last line of its story.
    if (kept !== undefined && store.rollouts.isOpen(rollout.id)) store.rollouts.say(rollout.id, 'note', kept);
    return store.rollouts.move(rollout.id, event, end);
  });
  if (!ended) return;
  deps.canaries.keepOnly(app.id);
  waits.forget(rollout.id);
  deps.changes.notify(app.id);
  if (state === 'starting') return;
  try {
    const replicas = await workloads.observe(app.id);
    await routes.apply(routeOf(store, settings, app, splitOf(deps, app, replicas), replicas));
  } finally {
    // A promotion that broke off after its branch had moved.
    if (state === 'promoting') await alignBranch(deps, app);
  }
}

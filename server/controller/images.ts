import type { AppRow } from '../store/apps.ts';
import type { ControllerDeps } from './deps.ts';

/** How many images that were live, beside the one that is, can be gone back to. */
export const ROLLBACK_TARGETS = 5;
/** Releases among which they are looked for. */
const LOOK_BACK = 200;

/**
 * Removes images that no release needs any more: not live, not on its way, not among the newest rollback targets.
 * Under the app's lock, so that no rollback is promised an image that goes the next moment; what a build in between has
 * made or found in the cache is looked at anew before each removal.
 */
export async function pruneImages(deps: ControllerDeps, app: AppRow): Promise<void> {
  const { store, workloads } = deps;
  await deps.lock.run(app.id, async () => {
    for (const { image } of await workloads.images(app.id)) {
      if (store.builds.open(app.id).length > 0) return;
      if (!neededImages(deps, app).has(image)) await workloads.removeImage(app.id, image);
    }
  });
}

function neededImages({ store }: ControllerDeps, app: AppRow): Set<string> {
  const live = store.apps.byId(app.id)?.live_release_id ?? null;
  const needed = [
    ...(live === null ? [] : [live]),
    ...store.rollouts.open(app.id).map((rollout) => rollout.release_id),
    ...store.rollouts.retiring(app.id).map((row) => row.release_id),
  ].flatMap((id) => store.releases.byId(id) ?? []);
  // Counted by image: releases that only changed the config use up no target.
  const targets = new Set(store.releases.thatWereLive(app.id, LOOK_BACK).map((release) => release.image));
  return new Set([...needed.map((release) => release.image), ...[...targets].slice(0, ROLLBACK_TARGETS + 1)]);
}

import type { AppRow } from '../store/apps.ts';
import type { ControllerDeps } from './deps.ts';

/** How many releases that were live, beside the one that is, can be gone back to. */
export const ROLLBACK_TARGETS = 5;

/** Removes images that no release needs any more: not live, not on its way, not among the newest rollback targets. */
export async function pruneImages(deps: ControllerDeps, app: AppRow): Promise<void> {
  const { store, workloads } = deps;
  const keep = new Set<string>();
  for (const release of store.releases.thatWereLive(app.id, ROLLBACK_TARGETS + 1)) keep.add(release.image);
  for (const rollout of store.rollouts.open(app.id))
    keep.add(store.releases.require(rollout.release_id).image);
  for (const row of store.rollouts.retiring(app.id)) {
    const release = store.releases.byId(row.release_id);
    if (release) keep.add(release.image);
  }
  if (store.builds.open(app.id).length > 0) return;
  for (const { image } of await workloads.images(app.id)) {
    if (!keep.has(image)) await workloads.removeImage(app.id, image);
  }
}

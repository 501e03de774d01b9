import { Refusal } from '../../core/reason.ts';
import { keptReleasesOf } from '../retention/kept-releases.ts';
import type { AppRow } from '../store/apps.ts';
import type { ControllerDeps } from './deps.ts';

/**
 * Removes images that no release needs any more: not live, not on its way, not among the newest rollback targets.
 * Under the app's lock, so that no rollback is promised an image that goes the next moment; what a build in between has
 * made or found in the cache is looked at anew before each removal.
 * @returns how many went
 */
export async function pruneImages(
  deps: Pick<ControllerDeps, 'store' | 'workloads' | 'lock'>,
  app: Pick<AppRow, 'id'>,
): Promise<number> {
  const { store, workloads } = deps;
  return deps.lock.run(app.id, async () => {
    let removed = 0;
    for (const { image } of await workloads.images(app.id)) {
      if (store.builds.open(app.id).length > 0) break;
      const needed = keptReleasesOf(store, app.id).some((release) => release.image === image);
      if (!needed && (await removes(workloads.removeImage(app.id, image)))) removed++;
    }
    return removed;
  });
}

/** One that a one-off still runs in goes another time, and must not keep the others. */
async function removes(removal: Promise<void>): Promise<boolean> {
  try {
    await removal;
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.reason.code === 'image_in_use') return false;
    throw error;
  }
}

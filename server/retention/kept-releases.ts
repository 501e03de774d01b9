import type { ReleaseRow } from '../store/releases.ts';
import type { Store } from '../store/store.ts';

/** How many images that were live, beside the one that is, can be gone back to. */
const ROLLBACK_TARGETS = 5;
/** Releases among which they are looked for. */
const LOOK_BACK = 200;

/** The part of a release that the rule looks at. */
type Kept = Pick<ReleaseRow, 'image'>;

/**
 * Releases whose image and commit must stay.
 * @param standing live, on their way, or still stopping
 * @param wereLive newest first
 */
export function keptReleases<R extends Kept>(
  live: R | undefined,
  standing: readonly R[],
  wereLive: readonly R[],
): R[] {
  // Counted by image: releases that only changed the config use up no target.
  const others = new Set(wereLive.map((release) => release.image).filter((image) => image !== live?.image));
  const targets = new Set([...others].slice(0, ROLLBACK_TARGETS));
  const needed = [...(live ? [live] : []), ...standing];
  return [...needed, ...wereLive.filter(({ image }) => image === live?.image || targets.has(image))];
}

/** As the journal stands now. */
export function keptReleasesOf(store: Store, appId: string): ReleaseRow[] {
  const live = store.apps.byId(appId)?.live_release_id ?? null;
  const standing = [...store.rollouts.open(appId), ...store.rollouts.retiring(appId)];
  return keptReleases(
    live === null ? undefined : store.releases.byId(live),
    standing.flatMap((row) => store.releases.byId(row.release_id) ?? []),
    store.releases.thatWereLive(appId, LOOK_BACK),
  );
}

import type { AppRow } from '../store/apps.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { Store } from '../store/store.ts';
import { makeRelease } from './make-release.ts';

/**
 * A config change during a promotion takes over the image that is about to be live. When that promotion breaks off, the
 * change is made anew on the image that stays live, so that it does not bring back what was just taken back. Call it
 * inside the transaction that ends the promotion.
 * @returns the release that carries the change now, undefined when there is none to make
 */
export function remakeConfigReleases(store: Store, app: AppRow, failed: ReleaseRow): ReleaseRow | undefined {
  const { live_release_id: id } = store.apps.require(app.id);
  const live = id === null ? undefined : store.releases.byId(id);
  if (!live || ofOneBuild(live, failed)) return undefined;
  const open = store.rollouts.open(app.id);
  const change = open.find(({ release_id }) => {
    const release = store.releases.require(release_id);
    return release.source === 'config' && ofOneBuild(release, failed);
  });
  return change && remake(store, app, change, { failed, live });
}

/** Changes of config carry the build of their base on; a build that is made again is another one. */
function ofOneBuild(a: ReleaseRow, b: ReleaseRow): boolean {
  return a.build_id === b.build_id && a.image === b.image;
}

function remake(
  store: Store,
  app: AppRow,
  { release_id, plan }: RolloutRow,
  { failed, live }: { failed: ReleaseRow; live: ReleaseRow },
): ReleaseRow {
  const { number, config_version, description, person_id, ...change } = store.releases.require(release_id);
  const { build_id, commit_id, image, port, manifest } = live;
  const wasAskedForNow = plan.canary === false && change.manifest.canary !== false;
  return makeRelease(
    store,
    store.apps.require(app.id),
    {
      build_id,
      commit_id,
      image,
      port,
      manifest,
      config_version,
      source: 'config',
      description: `${description} (v${number} again, as v${failed.number} did not go live)`,
      rollback_of: null,
      person_id,
    },
    { canary: wasAskedForNow ? false : manifest.canary, releasePhase: false },
  );
}

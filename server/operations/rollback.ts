import { isDeepStrictEqual } from 'node:util';
import { Refusal } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { PersonRow } from '../store/people.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { OperationDeps } from './deps.ts';
import { makeRelease } from './make-release.ts';
import { requireApp } from './require-app.ts';

/**
 * Image and config of an older release become a new release, without its release phase: at once, or by the steps of
 * that release when `canary` asks for them.
 */
export async function rollback(
  deps: OperationDeps,
  person: PersonRow,
  appId: string,
  number: number | undefined,
  { canary = false }: { canary?: boolean } = {},
): Promise<ReleaseRow> {
  return deps.lock.run(appId, async () => {
    const { store } = deps;
    const app = requireApp(store, appId);
    const target = number === undefined ? previous(deps, app) : numbered(deps, app, number);
    await requireImage(deps, app, target);
    const release = store.transaction(() => {
      requireApp(store, app.id);
      const made = makeRelease(
        store,
        app,
        {
          build_id: target.build_id,
          commit_id: target.commit_id,
          image: target.image,
          port: target.port,
          manifest: target.manifest,
          config_version: restoredConfig(deps, person, app, target),
          source: 'rollback',
          description: `Rollback to v${target.number}`,
          rollback_of: target.number,
          person_id: person.id,
        },
        { canary: canary && target.manifest.canary, releasePhase: false },
      );
      store.events.record('release.rollback', person.id, app.id, { release: made.number, to: target.number });
      return made;
    });
    deps.changes.notify(app.id);
    return release;
  });
}

/**
 * The target's config becomes the newest one, so that the next push or config change goes on from what was restored
 * instead of bringing back what was just taken away.
 */
function restoredConfig(deps: OperationDeps, person: PersonRow, app: AppRow, target: ReleaseRow): number {
  const { configs } = deps.store;
  const wanted = configs.at(app, target.config_version).values;
  const newest = configs.newest(app);
  return isDeepStrictEqual(newest.values, wanted) ? newest.version : configs.add(app, wanted, person.id);
}

/** The newest release that was live and differs from what is live now in image or config. */
function previous(deps: OperationDeps, app: AppRow): ReleaseRow {
  const live = app.live_release_id === null ? undefined : deps.store.releases.byId(app.live_release_id);
  const found = deps.store.releases
    .thatWereLive(app.id, 100)
    .find((release) => live && release.number < (live.rollback_of ?? live.number));
  if (found) return found;
  throw new Refusal(
    409,
    'nothing_to_roll_back',
    `${app.name} has no earlier release that was live`,
    `sluice releases -a ${app.name}`,
  );
}

function numbered(deps: OperationDeps, app: AppRow, number: number): ReleaseRow {
  const release = deps.store.releases.byNumber(app.id, number);
  if (!release) {
    throw new Refusal(
      404,
      'release_not_found',
      `${app.name} has no release v${number}`,
      `sluice releases -a ${app.name}`,
    );
  }
  const rollout = deps.store.rollouts.byRelease(release.id);
  if (rollout?.state === 'live') return release;
  throw new Refusal(
    409,
    'release_was_never_live',
    `v${number} never went live (${rollout?.state ?? 'no rollout'}), so it is nothing to go back to`,
    `sluice releases -a ${app.name}`,
  );
}

async function requireImage(deps: OperationDeps, app: AppRow, release: ReleaseRow): Promise<void> {
  const images = await deps.workloads.images(app.id);
  if (images.some((image) => image.image === release.image)) return;
  throw new Refusal(
    409,
    'image_gone',
    `the image of v${release.number} was removed: only the newest few rollback targets are kept`,
    release.commit_id === null
      ? `sluice releases -a ${app.name}`
      : `build it again: sluice builds:create -a ${app.name} ${release.commit_id.slice(0, 8)}`,
  );
}

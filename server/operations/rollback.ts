import { isSameConfig } from '../../core/config/entry.ts';
import { Refusal } from '../../core/reason.ts';
import { configChanges } from '../config-changes.ts';
import type { AppRow } from '../store/apps.ts';
import type { PersonRow } from '../store/people.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { Store } from '../store/store.ts';
import type { OperationDeps } from './deps.ts';
import { makeRelease } from './make-release.ts';
import { requireApp } from './require-app.ts';
import { numbered, previous, underWay } from './rollback-target.ts';
import { rollbackWarnings } from './rollback-warnings.ts';

/**
 * Image and config of an older release become a new release, without its release phase: at once, or by the steps of
 * that release when `canary` asks for them. Nothing here asks for room on the disk: what it needs is there, or it is
 * refused.
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
    const begun = canary ? undefined : underWay(store, app, number);
    if (begun) return begun;
    const target = number === undefined ? previous(store, app) : numbered(store, app, number);
    await requireImage(deps, app, target);
    store.makeRoom();
    const release = store.transaction(() => {
      requireApp(store, app.id);
      const made = makeRelease(
        store,
        app,
        {
          build_id: target.build_id,
          commit_id: target.commit_id,
          image: target.image,
          image_user: target.image_user,
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
      tellWarnings(store, made);
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
  const wanted = configs.at(app, target.config_version).entries;
  const newest = configs.newest(app);
  return isSameConfig(newest.entries, wanted) ? newest.version : configs.add(app, wanted, person.id);
}

function tellWarnings(store: Store, made: ReleaseRow): void {
  const rollout = store.rollouts.byRelease(made.id);
  for (const warning of rollbackWarnings(store, made)) {
    if (rollout) store.rollouts.say(rollout.id, 'note', warning);
  }
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
      : `build it again${withTodaysConfig(deps.store, app, release)}: sluice builds:create --commit ${release.commit_id} -a ${app.name}`,
  );
}

/** What only a rollback brings back; empty where it is the same. */
function withTodaysConfig({ configs }: Store, app: AppRow, { number, config_version }: ReleaseRow): string {
  const was = configs.at(app, config_version).entries;
  const { added, changed, removed } = configChanges(was, configs.newest(app).entries);
  const keys = [...added, ...changed, ...removed].toSorted();
  return keys.length === 0
    ? ''
    : ` with today's config, which differs from that of v${number} in ${keys.join(', ')}`;
}

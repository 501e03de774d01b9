import { isDeepStrictEqual } from 'node:util';
import { Refusal } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { PersonRow } from '../store/people.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { Store } from '../store/store.ts';
import type { OperationDeps } from './deps.ts';
import { goesBackAtOnce, makeRelease } from './make-release.ts';
import { requireApp } from './require-app.ts';
import { rollbackWarnings } from './rollback-warnings.ts';

/** Releases among which the one before is looked for. */
const LOOK_BACK = 100;

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
  const wanted = configs.at(app, target.config_version).values;
  const newest = configs.newest(app);
  return isDeepStrictEqual(newest.values, wanted) ? newest.version : configs.add(app, wanted, person.id);
}

function tellWarnings(store: Store, made: ReleaseRow): void {
  const rollout = store.rollouts.byRelease(made.id);
  for (const warning of rollbackWarnings(store, made)) {
    if (rollout) store.rollouts.say(rollout.id, 'note', warning);
  }
}

/** One to the same release that is on its way already: asked for twice, it goes on instead of beginning anew. */
function underWay(store: Store, app: AppRow, number: number | undefined): ReleaseRow | undefined {
  const newest = store.rollouts.open(app.id).at(-1);
  if (!newest || !goesBackAtOnce(store, newest)) return undefined;
  const release = store.releases.require(newest.release_id);
  if (release.source !== 'rollback') return undefined;
  return number === undefined || release.rollback_of === number ? release : undefined;
}

/** What a rollback goes away from: what takes over at this moment, else what is live. */
function present(store: Store, app: AppRow): ReleaseRow | undefined {
  const promoting = store.rollouts.open(app.id).find(({ state }) => state === 'promoting');
  const id = promoting?.release_id ?? app.live_release_id;
  return id === null ? undefined : store.releases.byId(id);
}

/** The newest release that was live and differs from what is live now; while a rollback is under way, where that goes. */
function previous(store: Store, app: AppRow): ReleaseRow {
  const back = store.rollouts.open(app.id).find((rollout) => goesBackAtOnce(store, rollout));
  if (back) return targetOf(store, app, back);
  const now = present(store, app);
  const found =
    now &&
    store.releases.thatWereLive(app.id, LOOK_BACK).find((release) => !runsTheSame(store, app, release, now));
  if (found) return found;
  throw new Refusal(
    409,
    'nothing_to_roll_back',
    `${app.name} has no other release that was live`,
    `sluice releases -a ${app.name}`,
  );
}

function targetOf(store: Store, app: AppRow, { release_id }: RolloutRow): ReleaseRow {
  const { rollback_of: number } = store.releases.require(release_id);
  const target = number === null ? undefined : store.releases.byNumber(app.id, number);
  if (!target) throw new Error(`release ${release_id} goes back to nothing`);
  return target;
}

function numbered(store: Store, app: AppRow, number: number): ReleaseRow {
  const release = store.releases.byNumber(app.id, number);
  if (!release) {
    throw new Refusal(
      404,
      'release_not_found',
      `${app.name} has no release v${number}`,
      `sluice releases -a ${app.name}`,
    );
  }
  const rollout = store.rollouts.byRelease(release.id);
  if (rollout?.state !== 'live') {
    throw new Refusal(
      409,
      'release_was_never_live',
      `v${number} never went live (${rollout?.state ?? 'no rollout'}), so it is nothing to go back to`,
      `sluice releases -a ${app.name}`,
    );
  }
  const now = present(store, app);
  if (now && runsTheSame(store, app, release, now)) throw liveAlready(store, app, release, now);
  return release;
}

function liveAlready(store: Store, app: AppRow, release: ReleaseRow, now: ReleaseRow): Refusal {
  const onItsWay = store.rollouts.open(app.id).find(({ release_id: id }) => id !== now.id);
  const other = onItsWay && store.releases.require(onItsWay.release_id).number;
  return new Refusal(
    409,
    'live_already',
    release.id === now.id
      ? `v${release.number} is what is live`
      : `v${now.number}, which is live, has the image and the config of v${release.number}`,
    other === undefined
      ? `those that can be gone back to: sluice releases -a ${app.name}`
      : `to end v${other}, which is on its way: sluice rollouts:abort v${other} -a ${app.name}`,
  );
}

/** By what matters to whoever uses the app; the commit may be another, as of a change that no image holds. */
function runsTheSame(store: Store, app: AppRow, a: ReleaseRow, b: ReleaseRow): boolean {
  if (a.image !== b.image || a.port !== b.port || !isDeepStrictEqual(a.manifest, b.manifest)) return false;
  if (a.config_version === b.config_version) return true;
  const values = (release: ReleaseRow) => store.configs.at(app, release.config_version).values;
  return isDeepStrictEqual(values(a), values(b));
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
      : `build it again: sluice builds:create --commit ${release.commit_id} -a ${app.name}`,
  );
}

import { isDeepStrictEqual } from 'node:util';
import { givenToContainers, isSameConfig } from '../../core/config/entry.ts';
import { Refusal } from '../../core/reason.ts';
import { weightPercent } from '../canary-facts.ts';
import type { AppRow } from '../store/apps.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { Store } from '../store/store.ts';
import { goesBackAtOnce } from './make-release.ts';
import { requireRelease } from './require-release.ts';

/** Releases among which the one before is looked for. */
const LOOK_BACK = 100;

/** One to the same release that is on its way already: asked for twice, it goes on instead of beginning anew. */
export function underWay(store: Store, app: AppRow, number: number | undefined): ReleaseRow | undefined {
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
export function previous(store: Store, app: AppRow): ReleaseRow {
  const back = store.rollouts.open(app.id).find((rollout) => goesBackAtOnce(store, rollout));
  if (back) return targetOf(store, app, back);
  const now = present(store, app);
  const found =
    now &&
    store.releases.thatWereLive(app.id, LOOK_BACK).find((release) => !runsTheSame(store, app, release, now));
  const canary = store.rollouts.open(app.id).find(({ state }) => state === 'canary');
  if (canary) throw eitherWay(store, app, canary, found);
  if (found) return found;
  throw new Refusal(
    409,
    'nothing_to_roll_back',
    `${app.name} has no other release that was live`,
    `sluice releases -a ${app.name}`,
  );
}

/** Whoever types it in a hurry means one of two: away with the canary, or away with what is live. */
function eitherWay(store: Store, app: AppRow, canary: RolloutRow, further: ReleaseRow | undefined): Refusal {
  const { number } = store.releases.require(canary.release_id);
  const live =
    app.live_release_id === null ? 'what is live' : `v${store.releases.require(app.live_release_id).number}`;
  const abort = `sluice rollouts:abort -a ${app.name}   takes v${number} back, ${live} stays`;
  return new Refusal(
    409,
    'canary_under_way',
    `v${number} is in its canary with ${weightPercent(canary.weight)} % of the requests, ${live} has the others`,
    further ? `${abort}; sluice rollback v${further.number} -a ${app.name}   goes away from both` : abort,
  );
}

function targetOf(store: Store, app: AppRow, { release_id }: RolloutRow): ReleaseRow {
  const { rollback_of: number } = store.releases.require(release_id);
  const target = number === null ? undefined : store.releases.byNumber(app.id, number);
  if (!target) throw new Error(`release ${release_id} goes back to nothing`);
  return target;
}

export function numbered(store: Store, app: AppRow, number: number): ReleaseRow {
  const release = requireRelease(store, app, number);
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
  const gains = now && (!runsTheSame(store, app, release, now) || keepsOtherConfig(store, app, now));
  if (now && !gains) throw liveAlready(store, app, release, now);
  return release;
}

/** A change of config that did not go live is the newest version all the same; going back to what is live undoes it. */
function keepsOtherConfig({ configs }: Store, app: AppRow, live: ReleaseRow): boolean {
  return !isSameConfig(configs.newest(app).entries, configs.at(app, live.config_version).entries);
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
export function runsTheSame(store: Store, app: AppRow, a: ReleaseRow, b: ReleaseRow): boolean {
  if (a.image !== b.image || a.port !== b.port || !isDeepStrictEqual(a.manifest, b.manifest)) return false;
  if (a.config_version === b.config_version) return true;
  const given = (release: ReleaseRow) =>
    givenToContainers(store.configs.at(app, release.config_version).entries);
  return isSameConfig(given(a), given(b));
}

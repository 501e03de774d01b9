import { type Reason, reason } from '../../core/reason.ts';
import { nameOf } from '../access/principal.ts';
import type { AppRow } from '../store/apps.ts';
import type { BuildRow } from '../store/builds.ts';
import type { NewRelease, ReleaseRow } from '../store/releases.ts';
import type { RolloutPlan, RolloutRow } from '../store/rollouts.ts';
import type { Store } from '../store/store.ts';

/** Port that `web` gets when neither sluice.yaml nor the image says one. */
export const DEFAULT_PORT = 8080;

/**
 * Journals a release and the start of its rollout. The newest wins: rollouts of older releases end as superseded, also
 * one that takes over at this moment. Only what goes back at once ends first. Call inside a transaction.
 */
export function makeRelease(
  store: Store,
  app: AppRow,
  release: Omit<NewRelease, 'app_id' | 'number'>,
  plan: RolloutPlan,
): ReleaseRow {
  const number = store.apps.takeReleaseNumber(app.id);
  const row = store.releases.create({ ...release, app_id: app.id, number });
  const open = store.rollouts.open(app.id);
  for (const older of open) {
    if (release.rollback_of === null && goesBackAtOnce(store, older)) continue;
    store.rollouts.move(older.id, 'supersede', {
      supersededBy: number,
      weight: 0,
      reason: superseded(store, app, row, store.releases.require(older.release_id)),
    });
  }
  store.rollouts.create({
    appId: app.id,
    releaseId: row.id,
    targetId: app.target_id,
    buildId: release.source === 'config' ? (open.at(-1)?.build_id ?? null) : ownBuild(release),
    previousReleaseId: app.live_release_id,
    plan,
  });
  return row;
}

/**
 * A rollback that walks no steps. Users would have what it goes away from again while something newer walks its own; so
 * that waits, unless it goes back itself.
 */
export function goesBackAtOnce(store: Store, { plan, release_id }: RolloutRow): boolean {
  return plan.canary === false && store.releases.require(release_id).rollback_of !== null;
}

function ownBuild({ source, build_id }: Pick<NewRelease, 'source' | 'build_id'>): string | null {
  return source === 'build' ? build_id : null;
}

/** Says to whoever waits for the older one what took over, by whom, and how to follow that. */
function superseded(
  store: Store,
  app: AppRow,
  { number, description, person_id, ...by }: ReleaseRow,
  older: ReleaseRow,
): Reason {
  const id = ownBuild(by);
  const build = id === null ? undefined : store.builds.byId(id);
  const follow = build ? `builds:log ${build.number} -f` : `rollouts:show v${number}`;
  return reason(
    'superseded',
    `v${number} (${description}, by ${nameOf(store.people, person_id)}) is newer and took over${taken(older, by)}`,
    `how that one goes: sluice ${follow} -a ${app.name}`,
  );
}

/** What of an older release the one that takes over brings on; a rollback nothing, and a build its own image. */
function taken(older: ReleaseRow, by: Pick<ReleaseRow, 'source' | 'rollback_of' | 'config_version'>): string {
  if (by.rollback_of !== null || by.source === 'image') return '';
  if (older.source === 'config' && by.config_version >= older.config_version) {
    return `, with this change of config`;
  }
  return by.source === 'config' && older.commit_id !== null
    ? `, with commit ${older.commit_id.slice(0, 8)}`
    : '';
}

/** The release of a build that has just succeeded, with the newest config. Idempotent. */
export function releaseOfBuild(store: Store, app: AppRow, build: BuildRow): ReleaseRow {
  const known = store.releases.byBuild(build.id);
  if (known) return known;
  if (!build.image) throw new Error(`build ${build.id} has no image`);
  const { manifest } = build;
  return makeRelease(
    store,
    app,
    {
      build_id: build.id,
      commit_id: build.commit_id,
      image: build.image.image,
      port: manifest.web.port ?? build.image.exposedPorts[0] ?? DEFAULT_PORT,
      manifest,
      config_version: store.configs.newestVersion(app.id),
      source: 'build',
      description: `Deploy ${build.commit_id.slice(0, 8)}`,
      rollback_of: null,
      person_id: build.person_id,
    },
    {
      canary: build.options.now ? false : manifest.canary,
      releasePhase: manifest.releaseCommand !== undefined,
    },
  );
}

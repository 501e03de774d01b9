import { weightOf } from '../../core/canary/capacity.ts';
import type { AppRow } from '../../server/store/apps.ts';
import type { PersonRow } from '../../server/store/people.ts';
import type { ReleaseRow } from '../../server/store/releases.ts';
import type { Store } from '../../server/store/store.ts';
import { appName, type Fleet, MANIFEST, POLICY } from './fleet.ts';
import type { FleetWorkloads } from './workloads.ts';

/** Apps with a live release each and a canary at its first step, as they are after a push. */
export function seed(store: Store, workloads: FleetWorkloads, fleet: Fleet): void {
  const person = store.people.create('alice', true);
  for (let index = 0; index < fleet.apps; index++) {
    const app = store.apps.create(appName(index), person.id, store.targetId);
    const stable = release(store, app, person, null);
    workloads.add(app.id, stable.id, fleet.stable);
    const first = rollout(store, app, stable, null);
    store.rollouts.move(first, 'promote');
    store.rollouts.move(first, 'finish', { weight: 10_000 });
    store.apps.setLive(app.id, stable.id);
    // Its log takes the lines about the canary.
    const canary = release(store, app, person, build(store, app, person));
    workloads.add(app.id, canary.id, fleet.canary);
    const weight = weightOf(POLICY.steps[0] as number);
    store.rollouts.move(rollout(store, app, canary, stable.id), 'step', { step: 0, weight });
  }
}

function build({ apps, builds }: Store, app: AppRow, person: PersonRow): string {
  const { id } = builds.create({
    id: builds.newId(),
    appId: app.id,
    number: apps.takeBuildNumber(app.id),
    commit: '0'.repeat(40),
    branch: 'main',
    source: 'push',
    personId: person.id,
    manifest: MANIFEST,
    options: { wait: 'live', detach: false, now: false, noCache: false, supersede: false },
  });
  builds.move(id, 'build');
  builds.move(id, 'succeed');
  return id;
}

function release(
  { apps, releases }: Store,
  app: AppRow,
  person: PersonRow,
  buildId: string | null,
): ReleaseRow {
  return releases.create({
    app_id: app.id,
    number: apps.takeReleaseNumber(app.id),
    build_id: buildId,
    commit_id: null,
    image: 'none',
    port: 8080,
    manifest: MANIFEST,
    config_version: 0,
    source: 'build',
    description: '',
    rollback_of: null,
    person_id: person.id,
  });
}

function rollout(
  { rollouts, targetId }: Store,
  app: AppRow,
  { id: releaseId, build_id: buildId }: ReleaseRow,
  previousReleaseId: string | null,
): string {
  const plan = { canary: POLICY, releasePhase: false };
  return rollouts.create({ appId: app.id, releaseId, targetId, buildId, previousReleaseId, plan }).id;
}

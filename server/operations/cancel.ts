import { buildHasEnded } from '../../core/build.ts';
import { reason, Refusal } from '../../core/reason.ts';
import { buildAgain } from '../again.ts';
import type { BuildRow } from '../store/builds.ts';
import type { PersonRow } from '../store/people.ts';
import type { OperationDeps } from './deps.ts';

/** Ends a build, or the rollout of its release, wherever it stands; what is live stays live. */
export async function cancelBuild(
  deps: OperationDeps,
  person: PersonRow,
  buildId: string,
): Promise<BuildRow> {
  const { app_id: appId } = deps.store.builds.require(buildId);
  return deps.lock.run(appId, async () => cancel(deps, person, buildId));
}

function cancel(deps: OperationDeps, person: PersonRow, buildId: string): BuildRow {
  const { store } = deps;
  const build = store.builds.require(buildId);
  const why = reason(
    'cancelled',
    `${person.name} cancelled build ${build.number}`,
    buildAgain(store.apps.require(build.app_id), build.commit_id),
  );
  const done = store.transaction(() => {
    const cancelled = buildHasEnded(build.state)
      ? cancelRollout()
      : store.builds.move(build.id, 'cancel', { reason: why });
    if (cancelled) store.events.record('build.cancel', person.id, build.app_id, { build: build.number });
    return cancelled;
  });
  if (!done) {
    throw new Refusal(
      409,
      'build_has_ended',
      `build ${build.number} has ended already: ${store.builds.require(buildId).state}`,
      'sluice builds',
    );
  }
  deps.changes.notify(build.app_id);
  return store.builds.require(buildId);

  function cancelRollout(): boolean {
    const release = store.releases.carrying(build.id);
    const rollout = release && store.rollouts.byRelease(release.id);
    return rollout !== undefined && store.rollouts.move(rollout.id, 'cancel', { reason: why, weight: 0 });
  }
}

import { reason } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { ControllerDeps } from './deps.ts';
import { phasesRun, stopPhases } from './release-phase.ts';

/**
 * Removes all that a destroyed app had. Each step may be repeated; the row goes last, so that a crash forgets nothing.
 * @returns false while a builder or a release command still works on it: look again when that has stopped
 */
export async function destroy(deps: ControllerDeps, app: AppRow): Promise<boolean> {
  const { store } = deps;
  const why = reason('app_destroyed', `the app ${app.name} was destroyed`, 'sluice apps');
  const moved = store.transaction(() => [
    ...store.builds.open(app.id).map((build) => store.builds.move(build.id, 'cancel', { reason: why })),
    ...store.rollouts
      .open(app.id)
      .map((rollout) => store.rollouts.move(rollout.id, 'cancel', { reason: why, weight: 0 })),
  ]);
  // Only then: it wakes this app again, which would otherwise never come to rest.
  if (moved.length > 0) deps.changes.notify(app.id);
  await stopPhases(deps, app.id);
  await deps.routes.remove(app.id);
  await deps.workloads.removeApp(app.id);
  if (deps.attempts.anyRun(app.id) || phasesRun(store, app.id)) return false;
  for (const build of store.builds.ids(app.id)) await deps.buildLogs.remove(build);
  await deps.repositories.remove(app.id);
  store.apps.forget(app.id);
  store.secrets.forget(app.id);
  deps.changes.notify(app.id);
  return true;
}

import { reason } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { ControllerDeps } from './deps.ts';

/**
 * Removes all that a destroyed app had. Each step may be repeated; the row goes last, so that a crash forgets nothing.
 * @returns false while a builder still works on it: look again when that has stopped
 */
export async function destroy(deps: ControllerDeps, app: AppRow): Promise<boolean> {
  const { store } = deps;
  const why = reason('app_destroyed', `the app ${app.name} was destroyed`, 'sluice apps');
  store.transaction(() => {
    for (const build of store.builds.open(app.id)) store.builds.move(build.id, 'cancel', { reason: why });
    for (const rollout of store.rollouts.open(app.id)) {
      store.rollouts.move(rollout.id, rollout.state === 'promoting' ? 'fail' : 'cancel', {
        reason: why,
        weight: 0,
      });
    }
  });
  deps.changes.notify(app.id);
  await deps.routes.remove(app.id);
  await deps.workloads.removeApp(app.id);
  if (deps.attempts.anyRun(app.id)) return false;
  for (const build of store.builds.page(app.id, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)) {
    await deps.buildLogs.remove(build.id);
  }
  await deps.repositories.remove(app.id);
  store.apps.forget(app.id);
  deps.changes.notify(app.id);
  return true;
}

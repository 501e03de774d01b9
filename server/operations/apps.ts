import type { AppRow } from '../store/apps.ts';
import type { PersonRow } from '../store/people.ts';
import type { OperationDeps } from './deps.ts';
import { requireApp } from './require-app.ts';

/**
 * Gives an app another name, and with it another host and git URL. The old ones go on working until another app takes
 * the name. Nothing that runs is touched: it is known by the app's id.
 * @throws Refusal 409 `app_exists`
 */
export function renameApp(
  { store, changes }: Pick<OperationDeps, 'store' | 'changes'>,
  person: PersonRow,
  app: AppRow,
  name: string,
): AppRow {
  const lost = store.apps.formerHolder(name);
  const renamed = store.transaction(() => {
    const { name: from } = requireApp(store, app.id);
    if (from === name) return store.apps.require(app.id);
    store.apps.rename(app.id, name);
    store.events.record('app.rename', person.id, app.id, { from, to: name });
    return store.apps.require(app.id);
  });
  // Its route must let go of the host before this one can have it.
  if (lost !== undefined && lost !== app.id) changes.notify(lost);
  changes.notify(app.id);
  return renamed;
}

/** Has the router answer for an app, or the app itself again. A canary waits meanwhile: nobody asks it anything. */
export function setMaintenance(
  { store, changes }: Pick<OperationDeps, 'store' | 'changes'>,
  person: PersonRow,
  app: AppRow,
  on: boolean,
): AppRow {
  const changed = store.transaction(() => {
    requireApp(store, app.id);
    if (store.apps.setMaintenance(app.id, on)) {
      store.events.record(on ? 'maintenance.on' : 'maintenance.off', person.id, app.id);
    }
    return store.apps.require(app.id);
  });
  changes.notify(app.id);
  return changed;
}

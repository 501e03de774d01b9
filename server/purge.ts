import { access } from 'node:fs/promises';
import pLimit from 'p-limit';
import { unguard, workloadsOf } from './context.ts';
import { lockDataFolder } from './platform/lock.ts';
import { masterKeys } from './platform/master-key.ts';
import { serverLog } from './redaction/server-log.ts';
import type { Settings } from './settings.ts';
import { Store } from './store/store.ts';
import { Vault } from './store/vault.ts';

/** Most of an app's removal is waiting for its processes to end. */
const APPS_AT_ONCE = 8;

/**
 * Removes what this installation has outside its data folder: containers, networks, images and firewall rules.
 * The server must not run.
 */
export async function purge(settings: Settings): Promise<void> {
  if (!(await exists(settings.paths.journal))) return;
  const unlock = await lockDataFolder(settings.paths.root);
  const ring = await masterKeys(settings);
  const store = new Store(settings.paths.journal, new Vault(ring.current, ring.older), settings);
  try {
    const ownLog = serverLog(settings.logLevel);
    ownLog.redactWith(store.redactors);
    const workloads = await workloadsOf(settings, store, ownLog.log);
    await pLimit(APPS_AT_ONCE).map([...store.apps.all(), ...store.apps.destroyed()], (app) =>
      workloads.removeApp(app.id),
    );
    await workloads.removeInstallation();
    if (settings.engine === 'docker') await unguard(store.installationId);
  } finally {
    store.close();
    unlock();
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

import type { ChangedConfig } from '../operations/change-config.ts';
import type { AppRow } from '../store/apps.ts';
import type { Store } from '../store/store.ts';
import type { Given } from './call.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentConfig, presentSecrets } from './present/config.ts';
import { presentRelease } from './present/release.ts';

export function registerConfig(endpoints: Endpoints, { store, operations }: ApiDeps): void {
  endpoints.answer('getConfig', ({ app }) => presentConfig(store, app));

  endpoints.answer('setConfig', async ({ principal, app, body: { values, ...how } }) => {
    const made = await operations.setConfig(principal.person, app, values, how);
    return presentChange(store, app, made, Object.keys(values));
  });

  endpoints.answer('listSecrets', ({ app }) => presentSecrets(store, app, Date.now()));

  endpoints.answer('setSecrets', async ({ principal, app, body }) => {
    const made = await operations.setSecrets(principal.person, app, body);
    return presentChange(store, app, made, Object.keys(body.values));
  });

  endpoints.answer('rotateSecret', async ({ principal, app, params: { secret }, body }) => {
    const made = await operations.rotateSecret(principal.person, app, { ...body, name: secret });
    return presentChange(store, app, made, [secret]);
  });
}

function presentChange(
  store: Store,
  app: AppRow,
  { version, unchanged, release, alreadyIn }: ChangedConfig,
  keys: readonly string[],
): Given<'setConfig'> {
  const { entries } = store.configs.at(app, version);
  return {
    version,
    unchanged,
    ...(alreadyIn === undefined ? {} : { alreadyIn }),
    secrets: keys.filter((key) => Object.hasOwn(entries, key) && entries[key]?.secret),
    ...(release ? { release: presentRelease(store, store.apps.require(app.id), release) } : {}),
  };
}

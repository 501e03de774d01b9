import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentRelease } from './present/release.ts';

export function registerConfig(endpoints: Endpoints, { store, operations }: ApiDeps): void {
  endpoints.answer('getConfig', ({ app }) => store.configs.newest(app));

  endpoints.answer('setConfig', async ({ principal, app, body }) => {
    const { version, release } = await operations.setConfig(principal.person, app, body.values, {
      now: body.now,
    });
    return {
      version,
      ...(release ? { release: presentRelease(store, store.apps.require(app.id), release) } : {}),
    };
  });
}

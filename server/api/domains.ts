import { appHost } from '../address.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';

export function registerDomains(endpoints: Endpoints, { store, operations, describe }: ApiDeps): void {
  endpoints.answer('listDomains', ({ app }) => ({
    items: [
      { host: appHost(describe, app.name), kind: 'platform' as const },
      ...store.apps
        .formerNames(app.id)
        .map((name) => ({ host: appHost(describe, name), kind: 'former' as const })),
      ...store.domains.of(app.id).map((host) => ({ host, kind: 'custom' as const })),
    ],
  }));

  endpoints.answer('addDomain', async ({ principal, app, body: { host } }) => {
    await operations.addDomain(principal.person, app, host);
    return { host, kind: 'custom' as const };
  });

  endpoints.answer('removeDomain', async ({ principal, app, params: { host } }) => {
    await operations.removeDomain(principal.person, app, host);
  });
}

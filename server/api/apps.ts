import { Refusal } from '../../core/reason.ts';
import { roleIn, visibleApps } from '../access/app-access.ts';
import { isAdmin } from '../access/principal.ts';
import { decodeCursor, pageOf } from './cursor.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentApp } from './present/app.ts';

export function registerApps(endpoints: Endpoints, { store, operations, describe }: ApiDeps): void {
  endpoints.answer('listApps', ({ principal, query }) => {
    const after = decodeCursor('apps', query.cursor) ?? '';
    const apps = visibleApps(store, principal).filter(({ name }) => name > after);
    const present = (app: (typeof apps)[number]) =>
      presentApp(store, describe, app, roleIn(store, principal, app) ?? 'viewer');
    return pageOf('apps', apps, query.limit, ({ name }) => name, present);
  });

  endpoints.answer('createApp', async ({ principal, body }) => {
    const app = await operations.createApp(principal.person, body.name);
    return presentApp(store, describe, app, isAdmin(principal) ? 'admin' : 'owner');
  });

  endpoints.answer('getApp', ({ app, role }) => presentApp(store, describe, app, role));

  endpoints.answer('renameApp', async ({ principal, app, role, body }) =>
    presentApp(store, describe, await operations.renameApp(principal.person, app, body.name), role),
  );

  endpoints.answer('setMaintenance', async ({ principal, app, role, body }) =>
    presentApp(store, describe, await operations.setMaintenance(principal.person, app, body.on), role),
  );

  endpoints.answer('destroyApp', async ({ principal, app, body }) => {
    if (body.confirm !== app.name) {
      throw new Refusal(
        422,
        'confirmation_wrong',
        `nothing was destroyed: the confirmation is not the name of the app`,
        `type \`sluice apps:destroy ${app.name} --confirm ${app.name}\``,
      );
    }
    await operations.destroyApp(principal.person, app);
  });
}

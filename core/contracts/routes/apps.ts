import { page, paging, route } from '../route.ts';
import * as r from '../resources.ts';

export const appsRoutes = {
  listApps: route({
    method: 'GET',
    path: '/v1/apps',
    summary: 'Apps that I may see',
    query: paging,
    answer: page(r.App),
    status: 200,
  }),
  createApp: route({
    method: 'POST',
    path: '/v1/apps',
    summary: 'Make an app',
    body: r.CreateApp,
    answer: r.App,
    status: 201,
  }),
  getApp: route({ method: 'GET', path: '/v1/apps/:app', summary: 'One app', answer: r.App, status: 200 }),
  renameApp: route({
    method: 'PATCH',
    path: '/v1/apps/:app',
    summary: 'Give an app another name; it is still found by the old one until another app takes that',
    body: r.ChangeApp,
    answer: r.App,
    status: 200,
  }),
  setMaintenance: route({
    method: 'PUT',
    path: '/v1/apps/:app/maintenance',
    summary: 'Have the platform answer for an app, or the app itself again',
    body: r.SetMaintenance,
    answer: r.App,
    status: 200,
  }),
  destroyApp: route({
    method: 'DELETE',
    path: '/v1/apps/:app',
    summary: 'Destroy an app and all it has',
    body: r.ConfirmDestroy,
    status: 204,
  }),
} as const;

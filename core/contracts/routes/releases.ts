import { page, paging, route } from '../route.ts';
import * as r from '../resources.ts';

export const releasesRoutes = {
  listReleases: route({
    method: 'GET',
    path: '/v1/apps/:app/releases',
    summary: 'Releases, newest first',
    query: paging,
    answer: page(r.Release),
    status: 200,
  }),
  getRelease: route({
    method: 'GET',
    path: '/v1/apps/:app/releases/:number',
    summary: 'One release',
    answer: r.ReleaseDetail,
    status: 200,
  }),
  diffReleases: route({
    method: 'GET',
    path: '/v1/apps/:app/releases/:number/diff/:other',
    summary: 'What one release has and another has not',
    answer: r.ReleaseDiff,
    status: 200,
  }),
  createRelease: route({
    method: 'POST',
    path: '/v1/apps/:app/releases',
    summary: 'Release an image of a registry, by its digest and without a build',
    body: r.CreateRelease,
    answer: r.Release,
    status: 202,
  }),
  rollback: route({
    method: 'POST',
    path: '/v1/apps/:app/rollback',
    summary: 'Make image and config of an older release live again, at once or by its canary steps',
    body: r.Rollback,
    answer: r.Release,
    status: 202,
  }),
} as const;

import { z } from 'zod';
import { page, paging, route } from '../route.ts';
import * as r from '../resources.ts';

export const buildsRoutes = {
  listBuilds: route({
    method: 'GET',
    path: '/v1/apps/:app/builds',
    summary: 'Builds, newest first',
    query: paging,
    answer: page(r.Build),
    status: 200,
  }),
  createBuild: route({
    method: 'POST',
    path: '/v1/apps/:app/builds',
    summary: 'Build a commit again, or one of the linked repository',
    body: r.CreateBuild,
    answer: r.Build,
    status: 202,
  }),
  getBuild: route({
    method: 'GET',
    path: '/v1/apps/:app/builds/:number',
    summary: 'One build',
    answer: r.Build,
    status: 200,
  }),
  /** The first answer to a pipeline that waits: `ended` and `ok` say all. */
  getVerdict: route({
    method: 'GET',
    path: '/v1/apps/:app/builds/:number/verdict',
    summary: 'Whether a build, or the rollout of its release, is over, and how it ended',
    query: z.object({
      until: r.Until.default('live'),
      /** Seconds that the answer may wait for the end; ask again while `ended` is false. */
      wait: z.coerce.number().int().min(0).max(60).default(0),
    }),
    answer: r.Verdict,
    status: 200,
  }),
  /** text/plain bytes from `offset`; `follow` goes on until the build and its rollout have ended. */
  getBuildLog: route({
    method: 'GET',
    path: '/v1/apps/:app/builds/:number/log',
    summary: 'The log of a build',
    stream: 'text/plain',
    event: r.LogChunk,
    query: z.object({
      offset: z.coerce.number().int().min(0).default(0),
      follow: z.stringbool().default(false),
    }),
    status: 200,
    problems: [410],
  }),
  cancelBuild: route({
    method: 'POST',
    path: '/v1/apps/:app/builds/:number/cancel',
    summary: 'Cancel a build or its rollout',
    answer: r.Build,
    status: 202,
  }),
} as const;

import { z } from 'zod';
import { route } from '../route.ts';
import * as r from '../resources.ts';

export const configRoutes = {
  getConfig: route({
    method: 'GET',
    path: '/v1/apps/:app/config',
    summary: 'Config of the newest version',
    answer: z.object({ version: z.number().int(), values: z.record(z.string(), z.string()) }),
    status: 200,
  }),
  setConfig: route({
    method: 'PATCH',
    path: '/v1/apps/:app/config',
    summary: 'Set and unset keys: a new version, and a release when one is live',
    body: r.SetConfig,
    answer: z.object({ version: z.number().int(), release: r.Release.optional() }),
    status: 200,
  }),
} as const;

import { z } from 'zod';
import { route } from '../route.ts';
import * as r from '../resources.ts';

export const deployKeysRoutes = {
  listDeployKeys: route({
    method: 'GET',
    path: '/v1/apps/:app/deploy-keys',
    summary: 'SSH keys that are of this app alone',
    answer: z.object({ items: z.array(r.DeployKey) }),
    status: 200,
  }),
  addDeployKey: route({
    method: 'POST',
    path: '/v1/apps/:app/deploy-keys',
    summary: 'Let a machine push to this app by a key of its own',
    body: r.AddDeployKey,
    answer: r.DeployKey,
    status: 201,
  }),
  /** `:key` is the deploy key's id, name or fingerprint. */
  removeDeployKey: route({
    method: 'DELETE',
    path: '/v1/apps/:app/deploy-keys/:key',
    summary: 'Remove a deploy key: it is refused from now on',
    status: 204,
  }),
} as const;

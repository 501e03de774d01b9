import { z } from 'zod';
import { route } from '../route.ts';
import * as r from '../resources.ts';

export const keysRoutes = {
  listKeys: route({
    method: 'GET',
    path: '/v1/keys',
    summary: 'SSH keys (all for admins)',
    answer: z.object({ items: z.array(r.Key) }),
    status: 200,
  }),
  addKey: route({
    method: 'POST',
    path: '/v1/keys',
    summary: 'Add an SSH key',
    body: r.AddKey,
    answer: r.Key,
    status: 201,
  }),
  /** `:key` is an id or a fingerprint (SHA256:…, URL-encoded). */
  removeKey: route({ method: 'DELETE', path: '/v1/keys/:key', summary: 'Remove an SSH key', status: 204 }),
} as const;

import { z } from 'zod';
import { route } from '../route.ts';
import * as r from '../resources.ts';

export const domainsRoutes = {
  listDomains: route({
    method: 'GET',
    path: '/v1/apps/:app/domains',
    summary: 'Hosts of the app',
    answer: z.object({ items: z.array(r.Domain) }),
    status: 200,
  }),
  addDomain: route({
    method: 'POST',
    path: '/v1/apps/:app/domains',
    summary: 'Add a host',
    body: r.AddDomain,
    answer: r.Domain,
    status: 201,
  }),
  removeDomain: route({
    method: 'DELETE',
    path: '/v1/apps/:app/domains/:host',
    summary: 'Remove a host',
    status: 204,
  }),
} as const;

import { z } from 'zod';
import { route } from '../route.ts';
import * as r from '../resources.ts';

export const platformRoutes = {
  me: route({ method: 'GET', path: '/v1/me', summary: 'Who am I', answer: r.Me, status: 200 }),
  status: route({
    method: 'GET',
    path: '/v1/status',
    summary: 'State of the platform',
    answer: r.Status,
    status: 200,
  }),
  /** Only over the machine's own socket, only while there is no admin. */
  setup: route({
    method: 'POST',
    path: '/v1/setup',
    summary: 'Make the first admin',
    body: r.Setup,
    answer: r.Status,
    status: 201,
  }),
  /** Only over the machine's own socket. */
  getMasterKey: route({
    method: 'GET',
    path: '/v1/master-key',
    summary: 'Which master key wraps the keys of the journal, and how many still need another one',
    answer: r.MasterKey,
    status: 200,
  }),
  /** Only over the machine's own socket. */
  rotateMasterKey: route({
    method: 'POST',
    path: '/v1/master-key/rotate',
    summary: 'Replace the master key, and remove the old one once nothing needs it',
    answer: r.MasterKey,
    status: 200,
  }),
  doctor: route({
    method: 'GET',
    path: '/v1/doctor',
    summary: 'What is missing and how to mend it',
    answer: z.object({ checks: z.array(r.Check) }),
    status: 200,
  }),
} as const;

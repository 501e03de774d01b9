import { z } from 'zod';
import { route } from '../route.ts';
import * as r from '../resources.ts';

/** `Last-Event-ID` says the same, and is what a client that lost its connection sends by itself. */
const query = z.object({ after: z.coerce.number().int().min(0).optional() });

export const eventsRoutes = {
  listEvents: route({
    method: 'GET',
    path: '/v1/events',
    summary: 'What happens to the apps that you may see, as it happens',
    stream: 'text/event-stream',
    event: r.Event,
    query,
    status: 200,
    problems: [410],
  }),
  listAppEvents: route({
    method: 'GET',
    path: '/v1/apps/:app/events',
    summary: 'What happens to an app, as it happens',
    stream: 'text/event-stream',
    event: r.Event,
    query,
    status: 200,
    problems: [410],
  }),
} as const;

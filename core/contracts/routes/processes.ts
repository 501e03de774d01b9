import { z } from 'zod';
import { LOG_LEVELS } from '../../logs/level.ts';
import { route } from '../route.ts';
import * as r from '../resources.ts';

export const processesRoutes = {
  listProcesses: route({
    method: 'GET',
    path: '/v1/apps/:app/ps',
    summary: 'Processes and their replicas',
    answer: z.object({ processes: z.array(r.Process) }),
    status: 200,
  }),
  scale: route({
    method: 'PATCH',
    path: '/v1/apps/:app/ps',
    summary: 'Set the number of replicas',
    body: r.Scale,
    answer: z.object({ processes: z.array(r.Process) }),
    status: 200,
  }),
  restart: route({
    method: 'POST',
    path: '/v1/apps/:app/ps/restart',
    summary: 'Replace replicas one after the other',
    body: r.Restart,
    status: 202,
  }),
  /** Answers 101 with `Upgrade: sluice-run`; see docs/development/run-protocol.md. */
  run: route({
    method: 'POST',
    path: '/v1/apps/:app/run',
    summary: 'Run one command in the live release',
    body: r.RunCommand,
    status: 101,
    problems: [426, 431],
  }),
  /** newline-delimited LogEntry. */
  logs: route({
    method: 'GET',
    path: '/v1/apps/:app/logs',
    summary: 'Log lines of the app',
    stream: 'application/x-ndjson',
    event: r.LogEntry,
    query: z.object({
      tail: z.coerce.number().int().min(0).max(10_000).default(100),
      follow: z.stringbool().default(false),
      process: z.string().optional(),
      /** Only lines of this release. */
      release: z.coerce.number().int().min(1).optional(),
      /** Only lines from this moment on. */
      since: z.iso.datetime({ offset: true }).optional(),
      /** Only lines of this level, or a worse one, as far as they say it. */
      level: z.enum(LOG_LEVELS).optional(),
    }),
    status: 200,
  }),
} as const;

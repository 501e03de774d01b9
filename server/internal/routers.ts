import express, { type Request, type RequestHandler, type Router } from 'express';
import {
  ALIVE_MS,
  AppliedReport,
  CountsReport,
  FOLLOW_TYPE,
  type FollowEvent,
  ProbeReport,
  RouterName,
} from '../../core/contracts/follow.ts';
import { exactRouter } from '../http/bare-app.ts';
import { json, parameter } from './route.ts';

/** One router's stream. */
export interface RouterChannel {
  /** Never waits: a router that does not read is let go. */
  send(event: FollowEvent): void;
  end(): void;
}

/** What routers follow. */
export interface FollowedByRouters {
  /** @returns to be called once the stream has ended */
  follow(name: string, channel: RouterChannel): () => void;
  /** @throws Refusal 410 when the session has ended */
  applied(name: string, report: AppliedReport): void;
  counted(name: string, report: CountsReport): Promise<void>;
  probed(name: string, report: ProbeReport): void;
}

/** Bytes: the counts of some 10,000 apps. */
const LARGEST_REPORT = 64 * 1024 * 1024;
/** Bytes that wait for a router that does not read. */
const MOST_WAITING = 256 * 1024 * 1024;

/** What the routers of a cluster ask and say: core/contracts/follow.ts. */
export function routerRoutes(followed: FollowedByRouters): Router {
  const router = exactRouter();
  const report = express.json({ type: FOLLOW_TYPE, limit: LARGEST_REPORT });

  router.get('/routers/:name/routes', (request, response) => {
    const name = nameOf(request);
    response.type('application/x-ndjson');
    const send = (event: FollowEvent): void => {
      if (response.destroyed) return;
      response.write(`${JSON.stringify(event)}\n`);
      if (response.writableLength > MOST_WAITING) response.destroy();
    };
    const timer = setInterval(() => send({ event: 'alive' }), ALIVE_MS);
    const ended = followed.follow(name, { send, end: () => response.destroy() });
    response.on('close', () => {
      clearInterval(timer);
      ended();
    });
  });

  const reported = (path: string, handler: RequestHandler): void => {
    router.post(`/routers/:name/${path}`, report, handler);
  };
  reported(
    'applied',
    json(AppliedReport, async (body, request) => followed.applied(nameOf(request), body)),
  );
  reported(
    'counts',
    json(CountsReport, async (body, request) => followed.counted(nameOf(request), body)),
  );
  reported(
    'probes',
    json(ProbeReport, async (body, request) => followed.probed(nameOf(request), body)),
  );
  return router;
}

function nameOf(request: Request): string {
  return RouterName.parse(parameter(request, 'name'));
}

import type { RequestHandler, Router } from 'express';
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../../core/reason.ts';
import type { Authenticate } from '../access/authenticator.ts';
import { isAdmin } from '../access/principal.ts';
import { exactRouter } from '../http/bare-app.ts';
import { bearerOf, isToken } from '../parts/bearer.ts';
import type { Metrics } from './metrics.ts';

export interface MetricsAccess {
  /** SLUICE_METRICS_TOKEN: reads the metrics and nothing else. */
  readonly token: string | undefined;
  /** Who else is let in, if admin; undefined: nobody. */
  readonly authenticate?: Authenticate;
}

/** `GET /metrics`, for who carries its token, and for admins. */
export function metricsRoute(metrics: Metrics, access: MetricsAccess): Router {
  const router = exactRouter();
  router.get('/metrics', async (request, response) => {
    await admit(request, access);
    response.set('Content-Type', metrics.contentType).send(await metrics.text());
  });
  return router;
}

async function admit(request: IncomingMessage, { token, authenticate }: MetricsAccess): Promise<void> {
  const given = bearerOf(request);
  if (token !== undefined && given !== undefined && isToken(given, token)) return;
  const hint = 'let the scraper send `Authorization: Bearer` with the SLUICE_METRICS_TOKEN of the server';
  if (!authenticate) {
    throw new Refusal(401, 'metrics_token_wrong', 'the metrics are for who carries their token', hint);
  }
  if (isAdmin(await authenticate(request))) return;
  throw new Refusal(403, 'admin_only', 'the metrics are for admins, and for who carries their token', hint);
}

/** Counts answers as they end. Routes name themselves in `response.locals`. */
export function countAnswers(metrics: Metrics): RequestHandler {
  return (_request, response, next) => {
    const begun = performance.now();
    response.once('close', () => {
      const { route, stream } = response.locals as { route?: string; stream?: boolean };
      const seconds = stream === true ? undefined : (performance.now() - begun) / 1_000;
      // 499, as nginx has it: the client left before it was answered.
      metrics.answered(route ?? 'none', response.headersSent ? response.statusCode : 499, seconds);
    });
    next();
  };
}

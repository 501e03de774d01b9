import express, { type Express, type RequestHandler, type Router } from 'express';
import type { Logger } from 'pino';
import { Refusal } from '../../core/reason.ts';
import { bareApp } from '../http/bare-app.ts';
import { BODY_BYTES } from '../http/broken-request.ts';
import { health, type ReadyChecks } from '../http/health.ts';
import { problemAnswers, unknownRoute } from '../http/problem-answers.ts';
import { bearerOf, isToken } from './bearer.ts';

export interface PartsAppDeps {
  /** What builders and routers ask; their paths begin below /internal. */
  readonly routers: readonly Router[];
  /** `/metrics`, which has a token of its own. */
  readonly metrics?: Router;
  /** All parts of an installation share it. */
  readonly token: string;
  readonly ready: ReadyChecks;
  readonly log: Logger;
}

/**
 * What parts of the platform on other machines reach, by the platform's token: builders and routers. Nothing that acts in
 * a person's name is here; that stays on the machine's own socket.
 */
export function createPartsApp({ routers, metrics, token, ready, log }: PartsAppDeps): Express {
  const app = bareApp();
  app.use(health(ready, log));
  if (metrics) app.use(metrics);
  app.use('/internal', onlyParts(token));
  app.use(express.json({ limit: BODY_BYTES }));
  for (const router of routers) app.use('/internal', router);
  app.use(unknownRoute);
  app.use(problemAnswers(log));
  return app;
}

/** Before any body is read. */
function onlyParts(token: string): RequestHandler {
  return (request, _response, next) => {
    const given = bearerOf(request);
    if (given !== undefined && isToken(given, token)) return next();
    throw new Refusal(
      401,
      'platform_token_wrong',
      'this is for the parts of the platform, which carry its token',
      'give the part the same SLUICE_PLATFORM_TOKEN as the server',
    );
  };
}

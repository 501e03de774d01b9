import express, { type Express, type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { bareApp } from './bare-app.ts';
import { BODY_BYTES } from './broken-request.ts';
import { health, type ReadyChecks } from './health.ts';
import { cameFromMachine } from './origin.ts';
import { problemAnswers, unknownRoute } from './problem-answers.ts';

export interface HttpAppParts {
  /** Routes of the public API; their paths begin with /v1. */
  readonly v1: Router;
  /** Routes below /internal, for the parts of the platform: only ever served over the machine's own socket. */
  readonly internal?: Router;
  /** What takes bodies as they come, before anything reads them. */
  readonly hooks?: RequestHandler;
  readonly ready?: ReadyChecks;
  readonly log: Logger;
}

/** The express app that both listeners serve. */
export function createHttpApp({ v1, internal, hooks, ready = {}, log }: HttpAppParts): Express {
  const app = bareApp();
  app.use(helmet());
  app.use(health(ready, log));
  app.use(noStore);
  if (hooks) app.use(hooks);
  app.use(express.json({ limit: BODY_BYTES }));
  if (internal) app.use('/internal', onMachine(internal));
  app.use(v1);
  app.use(unknownRoute);
  app.use(problemAnswers(log));
  return app;
}

/** Answers hold config and states: no cache between here and the client keeps them. */
const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

/** For everybody else there is nothing here. */
function onMachine(router: Router): RequestHandler {
  return (request, response, next) => {
    if (cameFromMachine(request)) router(request, response, next);
    else next();
  };
}

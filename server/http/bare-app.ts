import express, { type Express, Router } from 'express';

/** One spelling for each path: what stands before a path, such as a proxy's rule, must mean the same one. */
const EXACT = { strict: true, caseSensitive: true } as const;

/** An express app that answers exact paths, and says nothing of itself. */
export function bareApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  return app;
}

export function exactRouter(): Router {
  return Router(EXACT);
}

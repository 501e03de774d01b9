import type { Router } from 'express';
import { exactRouter } from '../http/bare-app.ts';
import { attemptRoutes } from './attempts.ts';
import { buildRoutes } from './builds.ts';
import type { InternalDeps } from './deps.ts';
import { sshRoutes } from './ssh.ts';

/** All routes under /internal, which only the machine's own socket serves. */
export function createInternal(deps: InternalDeps): Router {
  const router = exactRouter();
  router.use(sshRoutes(deps), buildRoutes(deps), attemptRoutes(deps));
  return router;
}

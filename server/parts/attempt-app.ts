import { pipeline } from 'node:stream/promises';
import type { Express, Request } from 'express';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { Refusal } from '../../core/reason.ts';
import { buildSecrets } from '../build-secrets.ts';
import type { Attempts } from '../dispatch/attempts.ts';
import type { AttemptTokens } from '../dispatch/attempt-tokens.ts';
import { bareApp } from '../http/bare-app.ts';
import { problemAnswers, unknownRoute } from '../http/problem-answers.ts';
import { parameter } from '../internal/route.ts';
import type { Repositories } from '../repositories/repositories.ts';
import type { BuildRow } from '../store/builds.ts';
import type { Store } from '../store/store.ts';
import { bearerOf } from './bearer.ts';

export interface AttemptAppDeps {
  readonly store: Store;
  readonly repositories: Repositories;
  readonly attempts: Attempts;
  readonly tokens: AttemptTokens;
  /** The commit as tar entries without end-of-archive blocks. */
  readonly openTree: (repository: string, commit: string) => Promise<Readable>;
  readonly log: Logger;
}

/**
 * The one thing of the platform that a build in a cluster reaches, with the token of its attempt and for as long as that
 * is under way: the files of its own commit, and what its commands may mount. On a port of its own, so that a network
 * policy can open it alone.
 *
 *   GET /trees/<build>/<attempt>     tar entries
 *   GET /secrets/<build>/<attempt>   BuildSecrets
 */
export function createAttemptApp(deps: AttemptAppDeps): Express {
  const { store, repositories, openTree, log } = deps;
  const app = bareApp();
  app.get('/trees/:build/:attempt', async (request, response) => {
    const build = ownBuild(deps, request);
    const tree = await openTree(repositories.path(build.app_id), build.commit_id);
    response.type('application/x-tar');
    await pipeline(tree, response).catch((error: unknown) => {
      log.warn({ err: error, build: build.id }, 'tree');
      response.destroy();
    });
  });
  app.get('/secrets/:build/:attempt', (request, response) => {
    const build = ownBuild(deps, request);
    response.set('cache-control', 'no-store').json(buildSecrets(store, build));
  });
  app.use(unknownRoute);
  app.use(problemAnswers(log));
  return app;
}

/** @throws Refusal 401, 410 */
function ownBuild({ store, attempts, tokens }: AttemptAppDeps, request: Request): BuildRow {
  const [id, attempt] = [parameter(request, 'build'), Number(parameter(request, 'attempt'))];
  const token = bearerOf(request);
  // Whoever has no token learns nothing about which builds there are.
  if (token === undefined || !tokens.isOf(token, id, attempt)) throw notYours();
  const build = store.builds.byId(id);
  if (build && attempts.isCurrent(id, attempt)) return build;
  throw new Refusal(410, 'attempt_over', 'this attempt is over', 'stop and clean up');
}

function notYours(): Refusal {
  return new Refusal(
    401,
    'attempt_token_wrong',
    'a commit and its secrets are only for the attempt of its build',
    'send the token of the attempt',
  );
}

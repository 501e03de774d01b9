import { pipeline } from 'node:stream/promises';
import { raw, type Request, type Router } from 'express';
import {
  BuilderHello,
  type BuildSecrets,
  Claim,
  type ClaimedTask,
  Finish,
  type LogAck,
  type OpenAttempts,
  StageStarted,
  Tested,
} from '../../core/contracts/internal.ts';
import { Refusal } from '../../core/reason.ts';
import { buildSecrets } from '../build-secrets.ts';
import { exactRouter } from '../http/bare-app.ts';
import { releaseOfBuild } from '../operations/make-release.ts';
import type { AppRow } from '../store/apps.ts';
import type { BuildRow } from '../store/builds.ts';
import type { InternalDeps } from './deps.ts';
import { claim } from './claim.ts';
import { json, numberIn, parameter } from './route.ts';

/** Between the lines of a watch, in milliseconds: keeps proxies and half-open connections honest. */
const ALIVE_MS = 5_000;
/** One piece of log at a time, in bytes. */
const LOG_PIECE = 4 * 1024 * 1024;

/** What builders say: here I am, I take this, here is its log, it ended. Each may be repeated. */
export function attemptRoutes(deps: InternalDeps): Router {
  const { store, attempts, dispatcher, buildLogs, changes } = deps;
  const router = exactRouter();

  router.post(
    '/builders',
    json(BuilderHello, async ({ builder, instance }) => {
      for (const appId of attempts.replaceInstance(builder, instance)) changes.notify(appId);
      await dispatcher.refill(true);
    }),
  );

  router.get('/attempts', (_request, response) => {
    response.json({ open: [...attempts.open()] } satisfies OpenAttempts);
  });

  router.post(
    '/attempts/claim',
    json(Claim, async (body): Promise<ClaimedTask> => claim(deps, body)),
  );

  router.get('/builds/:id/attempts/:n/watch', (request, response) => {
    const { build, attempt } = current(request);
    response.type('application/x-ndjson');
    const alive = (): void => void response.write('{"event":"alive"}\n');
    const timer = setInterval(alive, ALIVE_MS);
    // Told, but not let go: the builder hangs up once nothing of the attempt runs any more.
    const release = attempts.watch(build.app_id, build.id, attempt, () => {
      response.write('{"event":"cancel"}\n');
    });
    response.on('close', () => {
      clearInterval(timer);
      release();
    });
    alive();
  });

  router.get('/builds/:id/attempts/:n/tree', async (request, response) => {
    const { build } = current(request);
    const tree = await deps.openTree(deps.repositories.path(build.app_id), build.commit_id);
    response.type('application/x-tar');
    await pipeline(tree, response).catch((error: unknown) => {
      deps.log.warn({ err: error, build: build.id }, 'tree');
      response.destroy();
    });
  });

  router.post('/builds/:id/attempts/:n/secrets', (request, response) => {
    const { build } = current(request);
    response.json(buildSecrets(store, build) satisfies BuildSecrets);
  });

  router.post(
    '/builds/:id/attempts/:n/log',
    raw({ type: () => true, limit: LOG_PIECE }),
    async (request, response) => {
      const { build, attempt } = current(request);
      const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const last = request.query['last'] === '1';
      const received = await buildLogs.take(build.id, attempt, numberIn(request, 'offset'), bytes, last);
      response.json({ received } satisfies LogAck);
    },
  );

  router.post(
    '/builds/:id/attempts/:n/stage',
    json(StageStarted, async ({ stage }, request) => {
      const { build } = current(request);
      store.builds.move(build.id, stage === 'test' ? 'test' : 'build');
      changes.notify(build.app_id);
    }),
  );

  router.post(
    '/builds/:id/attempts/:n/tested',
    json(Tested, async ({ testImage, cached }, request) => {
      const { build } = current(request);
      const ranIn = cached ? store.builds.testsRanIn(build.app_id, testImage) : undefined;
      store.builds.setTestImage(build.id, testImage, ranIn ?? build.number);
      return ranIn === undefined || ranIn === build.number ? {} : { ranInBuild: ranIn };
    }),
  );

  router.post(
    '/builds/:id/attempts/:n/finish',
    json(Finish, async (finish, request) => {
      const { app, build } = current(request);
      settle(app, build, finish);
      changes.notify(build.app_id);
      await buildLogs.endAttempt(build.id);
    }),
  );

  return router;

  /** @throws Refusal 410 when the attempt is not the build's current one any more */
  function current(request: Request): { app: AppRow; build: BuildRow; attempt: number } {
    const build = store.builds.byId(parameter(request, 'id'));
    const app = build && store.apps.byId(build.app_id);
    const attempt = Number(parameter(request, 'n'));
    if (!build || !app || !attempts.isCurrent(build.id, attempt)) {
      throw new Refusal(410, 'attempt_over', 'this attempt is over', 'stop and clean up');
    }
    return { app, build, attempt };
  }

  /** The build's end and, when it was good, its release, in one transaction: a crash leaves both or neither. */
  function settle(app: AppRow, build: BuildRow, finish: Finish): void {
    store.transaction(() => {
      if (finish.result === 'failed') store.builds.move(build.id, 'fail', { reason: finish.reason });
      else if (finish.result === 'lost') attempts.lose(build.id, finish.reason);
      else if (finish.result === 'cancelled') attempts.lose(build.id);
      else {
        store.builds.move(build.id, 'build');
        store.builds.move(build.id, 'succeed', { image: finish.image });
        store.builds.setBaseDigests(build.id, finish.baseDigests);
        releaseOfBuild(store, store.apps.require(app.id), store.builds.require(build.id));
      }
    });
  }
}

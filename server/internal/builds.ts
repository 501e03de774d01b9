import { pipeline } from 'node:stream/promises';
import type { Router } from 'express';
import { AcceptPush, type AcceptedPush, Until, type Verdict } from '../../core/contracts/internal.ts';
import { Refusal } from '../../core/reason.ts';
import { admitToRepository } from '../access/git-access.ts';
import { keyHolder } from '../access/key-holder.ts';
import { askedFromOf } from '../access/principal.ts';
import { askedBy } from '../asked-from.ts';
import { LastUse } from '../access/last-use.ts';
import { appUrl } from '../address.ts';
import { exactRouter } from '../http/bare-app.ts';
import type { AppRow } from '../store/apps.ts';
import type { BuildRow } from '../store/builds.ts';
import { verdictOf } from '../verdict.ts';
import type { InternalDeps } from './deps.ts';
import { json, numberIn, parameter } from './route.ts';

/** What the SSH front needs of builds: take one in, follow its log, ask how it ended. */
export function buildRoutes(deps: InternalDeps): Router {
  const { store, operations, buildLogs } = deps;
  const router = exactRouter();
  const lastUse = new LastUse(store, deps.log);

  router.post(
    '/pushes',
    json(AcceptPush, async (push): Promise<AcceptedPush> => {
      // A push may have begun long ago, and its role been taken meanwhile.
      const principal = keyHolder(store, lastUse, push.personId, push);
      const { app } = admitToRepository(store, principal, push.appId, 'git-receive-pack');
      const { build, attached } = await askedBy(askedFromOf(principal), () =>
        operations.acceptPush(principal.person, app, push),
      );
      return { build: { id: build.id, number: build.number }, attached };
    }),
  );

  router.get('/builds/:id/log', async (request, response) => {
    const { build } = required(deps, parameter(request, 'id'));
    const until = Until.parse(request.query['until'] ?? 'live');
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const ended = followEnd(deps, build.id, until, gone.signal);
    response.type('text/plain; charset=utf-8');
    response.flushHeaders();
    await pipeline(buildLogs.read(build.id, numberIn(request, 'offset'), ended), response).catch(
      () => undefined,
    );
  });

  router.get('/builds/:id/verdict', (request, response) => {
    const { app, build } = required(deps, parameter(request, 'id'));
    const until = Until.parse(request.query['until'] ?? 'live');
    response.json(verdictOf(store, app, build, until, appUrl(deps.settings, app.name)) satisfies Verdict);
  });

  return router;
}

/** Resolves once a build, or its rollout with `until` = `live`, has ended, or the reader is gone. */
export async function followEnd(
  deps: Pick<InternalDeps, 'store' | 'changes' | 'settings'>,
  buildId: string,
  until: Until,
  signal?: AbortSignal,
): Promise<void> {
  const { store, changes } = deps;
  const appId = store.builds.require(buildId).app_id;
  const ended = (): boolean => {
    const app = store.apps.byId(appId);
    const build = store.builds.byId(buildId);
    return !app || !build || verdictOf(store, app, build, until, '').ended;
  };
  await changes.until(appId, ended, signal);
}

/** @throws Refusal 404 */
function required(deps: InternalDeps, buildId: string): { app: AppRow; build: BuildRow } {
  const build = deps.store.builds.byId(buildId);
  const app = build && deps.store.apps.byId(build.app_id);
  if (!build || !app)
    throw new Refusal(404, 'build_not_found', 'this build is gone, with its app', 'sluice apps');
  return { app, build };
}

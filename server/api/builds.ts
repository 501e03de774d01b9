import { Refusal } from '../../core/reason.ts';
import { appUrl } from '../address.ts';
import { requireApp } from '../operations/require-app.ts';
import type { SourceWish } from '../sources/source.ts';
import type { AppRow } from '../store/apps.ts';
import type { BuildRow } from '../store/builds.ts';
import type { Store } from '../store/store.ts';
import { verdictOf } from '../verdict.ts';
import { decodeBelow, pageOf } from './cursor.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentBuild } from './present/build.ts';
import { sendBuildLog } from './send-build-log.ts';

export function registerBuilds(endpoints: Endpoints, deps: ApiDeps): void {
  const { store, operations } = deps;

  endpoints.answer('listBuilds', ({ app, query }) => {
    const builds = store.builds.page(app.id, decodeBelow('builds', query.cursor), query.limit + 1);
    return pageOf(
      'builds',
      builds,
      query.limit,
      ({ number }) => number,
      (build) => presentBuild(store, build),
    );
  });

  endpoints.answer('createBuild', async ({ principal, app, body }) => {
    const { noCache, now, fetch } = body;
    // It goes on though the client leaves: what was begun is told by the build.
    const commit =
      fetch === undefined ? body.commit : (await deps.source.fetch(app, wishOf(body), NEVER)).commit;
    const what = { noCache, now, ...(commit === undefined ? {} : { commit }) };
    return presentBuild(store, await operations.rebuild(principal.person, app, what));
  });

  endpoints.answer('getBuild', ({ app, params }) =>
    presentBuild(store, requireBuild(store, app, params.number)),
  );

  endpoints.answer('getVerdict', async ({ app, params, query: { until, wait } }) => {
    const build = requireBuild(store, app, params.number);
    if (wait > 0) await deps.followEnd(build.id, until, AbortSignal.timeout(wait * 1_000));
    // Both may have changed while it waited, and the app be gone.
    const current = requireApp(store, app.id);
    return verdictOf(store, current, store.builds.require(build.id), until, appUrl(deps.describe, app.name));
  });

  endpoints.answer('cancelBuild', async ({ principal, app, params }) => {
    const build = requireBuild(store, app, params.number);
    return presentBuild(store, await operations.cancelBuild(principal.person, app, build));
  });

  endpoints.stream('getBuildLog', async ({ app, params, query }, response, streaming) => {
    await sendBuildLog(deps, requireBuild(store, app, params.number), query, response, streaming);
  });
}

const NEVER = new AbortController().signal;

function wishOf({
  commit,
  fetch,
}: {
  commit?: string | undefined;
  fetch?: { ref?: string | undefined } | undefined;
}): SourceWish {
  return {
    ...(commit === undefined ? {} : { commit }),
    ...(fetch?.ref === undefined ? {} : { ref: fetch.ref }),
  };
}

function requireBuild(store: Store, app: AppRow, number: number): BuildRow {
  const build = store.builds.byNumber(app.id, number);
  if (build) return build;
  throw new Refusal(
    404,
    'build_not_found',
    `${app.name} has no build ${number}`,
    `type \`sluice builds -a ${app.name}\` for those that it has`,
  );
}

import { Refusal } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { BuildRow } from '../store/builds.ts';
import type { Store } from '../store/store.ts';
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
    const { commit, noCache, now } = body;
    const what = { noCache, now, ...(commit === undefined ? {} : { commit }) };
    return presentBuild(store, await operations.rebuild(principal.person, app, what));
  });

  endpoints.answer('getBuild', ({ app, params }) =>
    presentBuild(store, requireBuild(store, app, params.number)),
  );

  endpoints.answer('cancelBuild', async ({ principal, app, params }) => {
    const build = requireBuild(store, app, params.number);
    return presentBuild(store, await operations.cancelBuild(principal.person, app, build));
  });

  endpoints.stream('getBuildLog', async ({ app, params, query }, response, streaming) => {
    await sendBuildLog(deps, requireBuild(store, app, params.number), query, response, streaming);
  });
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

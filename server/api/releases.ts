import { atLeast } from '../access/permissions.ts';
import { requireRelease } from '../operations/require-release.ts';
import { rollbackWarnings } from '../operations/rollback-warnings.ts';
import { decodeBelow, pageOf } from './cursor.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentDiff } from './present/release-diff.ts';
import { presentRelease, presentReleaseDetail } from './present/release.ts';

export function registerReleases(endpoints: Endpoints, { store, operations }: ApiDeps): void {
  endpoints.answer('listReleases', ({ app, query }) => {
    const releases = store.releases.page(app.id, decodeBelow('releases', query.cursor), query.limit + 1);
    const present = (release: (typeof releases)[number]) => presentRelease(store, app, release);
    return pageOf('releases', releases, query.limit, ({ number }) => number, present);
  });

  endpoints.answer('getRelease', ({ app, params: { number } }) => {
    return presentReleaseDetail(store, app, requireRelease(store, app, number));
  });

  endpoints.answer('diffReleases', ({ app, role, params: { number, other } }) => {
    const from = requireRelease(store, app, number);
    const to = requireRelease(store, app, other);
    return presentDiff(store, app, from, to, { values: atLeast(role, 'deployer') });
  });

  endpoints.answer('createRelease', async ({ principal, app, body: { image } }) => {
    const release = await operations.releaseImage(principal.person, app, { image });
    return presentRelease(store, store.apps.require(app.id), release);
  });

  endpoints.answer('rollback', async ({ principal, app, body }) => {
    const { release: number, canary } = body;
    const release = await operations.rollback(principal.person, app, number, { canary });
    const warnings = rollbackWarnings(store, release);
    const shown = presentRelease(store, store.apps.require(app.id), release);
    return warnings.length === 0 ? shown : { ...shown, warnings };
  });
}

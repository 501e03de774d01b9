import type { App } from '../../../core/contracts/resources.ts';
import type { EffectiveRole } from '../../access/permissions.ts';
import { nameOf } from '../../access/principal.ts';
import { appUrl, gitUrl } from '../../address.ts';
import { webReplicas } from '../../release-spec.ts';
import type { AppRow } from '../../store/apps.ts';
import type { Store } from '../../store/store.ts';
import type { PlatformFacts } from '../deps.ts';
import { iso, optional } from './time.ts';

export function presentApp(store: Store, facts: PlatformFacts, app: AppRow, role: EffectiveRole): App {
  return {
    id: app.id,
    name: app.name,
    deployBranch: app.deploy_branch,
    maintenance: app.maintenance === 1,
    url: appUrl(facts, app.name),
    gitUrl: gitUrl(facts, app.name),
    createdAt: iso(app.created_at),
    createdBy: nameOf(store.people, app.created_by),
    ...optional('live', live(store, app)),
    domains: store.domains.of(app.id),
    role,
  };
}

function live(store: Store, app: AppRow): App['live'] {
  const release = app.live_release_id === null ? undefined : store.releases.byId(app.live_release_id);
  if (!release) return undefined;
  return {
    release: release.number,
    ...optional('commit', release.commit_id),
    web: release.manifest.processes['web'] !== undefined,
    webReplicas: webReplicas(store, release),
    since: iso(app.live_since ?? release.created_at),
  };
}

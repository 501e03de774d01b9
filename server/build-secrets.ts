import type { BuildSecrets } from '../core/contracts/internal.ts';
import type { BuildRow } from './store/builds.ts';
import type { Store } from './store/store.ts';

/** What commands of a build may mount: what is set for builds now, also after the build was accepted. */
export function buildSecrets(store: Store, { app_id: appId }: BuildRow): BuildSecrets {
  const { entries } = store.configs.newest(store.apps.require(appId));
  return Object.fromEntries(
    Object.entries(entries).flatMap(([name, { build, value }]) => (build === true ? [[name, value]] : [])),
  );
}

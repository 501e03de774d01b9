import { configChanges } from './config-changes.ts';
import type { AppRow } from './store/apps.ts';
import type { ReleaseRow } from './store/releases.ts';
import type { Store } from './store/store.ts';

/**
 * What sets the config back to what is live, as a person types it; values stay here.
 * @returns undefined when a release has no other config than what is live, or nothing is
 */
export function setsConfigBack(store: Store, app: AppRow, release: ReleaseRow): string | undefined {
  const { live_release_id: id } = store.apps.require(app.id);
  if (id === null) return undefined;
  const live = store.configs.at(app, store.releases.require(id).config_version).values;
  const { added, changed, removed } = configChanges(
    live,
    store.configs.at(app, release.config_version).values,
  );
  const set = [...changed, ...removed].toSorted().map((key) => `${key}=…`);
  const commands = [
    ...(set.length > 0 ? [`sluice config:set ${set.join(' ')} -a ${app.name}`] : []),
    ...(added.length > 0 ? [`sluice config:unset ${added.join(' ')} -a ${app.name}`] : []),
  ];
  return commands.length > 0 ? commands.join(' and ') : undefined;
}

/** When a config change did not go live: the config has it all the same, for whatever comes next. */
export function keptConfigText(store: Store, app: AppRow, release: ReleaseRow): string | undefined {
  if (release.source !== 'config' || setsConfigBack(store, app, release) === undefined) return undefined;
  const live = store.releases.require(store.apps.require(app.id).live_release_id ?? '');
  return `the config keeps the change, and the next release takes it; to undo it: sluice rollback v${live.number} -a ${app.name}`;
}

/** When a release brings a config change whose own release did not go live: whose, and how to undo it. */
export function takenAlongText(store: Store, app: AppRow, release: ReleaseRow): string | undefined {
  if (release.source === 'config' || release.source === 'rollback') return undefined;
  const change = store.releases.ofConfig(app.id, release.config_version);
  const state = change && store.rollouts.byRelease(change.id)?.state;
  if (!change || state === undefined || !['cancelled', 'rolled-back', 'failed'].includes(state))
    return undefined;
  const back = setsConfigBack(store, app, release);
  return (
    back &&
    `with the config change of v${change.number} (${change.description}), which did not go live: ${state}; to undo it: ${back}`
  );
}

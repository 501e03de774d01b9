import { configChanges } from './config-changes.ts';
import type { AppRow } from './store/apps.ts';
import type { ReleaseRow } from './store/releases.ts';
import type { Store } from './store/store.ts';

interface OtherConfig {
  readonly live: ReleaseRow;
  readonly changes: ReturnType<typeof configChanges>;
}

/** @returns undefined when a release has no other config than what is live, or nothing is */
function otherThanLive(store: Store, app: AppRow, release: ReleaseRow): OtherConfig | undefined {
  const { live_release_id: id } = store.apps.require(app.id);
  if (id === null) return undefined;
  const live = store.releases.require(id);
  const valuesOf = (one: ReleaseRow) => store.configs.at(app, one.config_version).values;
  const changes = configChanges(valuesOf(live), valuesOf(release));
  return Object.values(changes).some((keys) => keys.length > 0) ? { live, changes } : undefined;
}

/** What sets the config back to what is live, as a person types it; values stay here. */
function setsBack(app: AppRow, { changes: { added, changed, removed } }: OtherConfig): string {
  const set = [...changed, ...removed].toSorted().map((key) => `${key}=…`);
  const commands = [
    ...(set.length > 0 ? [`sluice config:set ${set.join(' ')} -a ${app.name}`] : []),
    ...(added.length > 0 ? [`sluice config:unset ${added.join(' ')} -a ${app.name}`] : []),
  ];
  return commands.join(' and ');
}

/** When a config change did not go live: the config has it all the same, for whatever comes next. */
export function keptConfigText(store: Store, app: AppRow, release: ReleaseRow): string | undefined {
  if (release.source !== 'config') return undefined;
  const other = otherThanLive(store, app, release);
  return (
    other &&
    `the config keeps the change, and the next release takes it; to undo it: sluice rollback v${other.live.number} -a ${app.name}`
  );
}

/** When a release brings a config change whose own release did not go live: whose, and how to undo it. */
export function takenAlongText(store: Store, app: AppRow, release: ReleaseRow): string | undefined {
  if (release.source === 'config' || release.source === 'rollback') return undefined;
  const change = store.releases.ofConfig(app.id, release.config_version);
  const state = change && store.rollouts.byRelease(change.id)?.state;
  if (!change || state === undefined || !['cancelled', 'rolled-back', 'failed'].includes(state))
    return undefined;
  const other = otherThanLive(store, app, release);
  return (
    other &&
    `with the config change of v${change.number} (${change.description}), which did not go live: ${state}; to undo it: ${setsBack(app, other)}`
  );
}

import type { ConfigEntries } from '../core/config/entry.ts';
import { type ConfigChanges, configChanges } from './config-changes.ts';
import type { AppRow } from './store/apps.ts';
import type { ReleaseRow } from './store/releases.ts';
import type { Store } from './store/store.ts';

interface OtherConfig {
  readonly live: ReleaseRow;
  /** The config of what is live. */
  readonly entries: ConfigEntries;
  readonly changes: ConfigChanges;
}

/** @returns undefined when a release has no other config than what is live, or nothing is */
function otherThanLive(store: Store, app: AppRow, release: ReleaseRow): OtherConfig | undefined {
  const { live_release_id: id } = store.apps.require(app.id);
  if (id === null) return undefined;
  const live = store.releases.require(id);
  const entriesOf = (one: ReleaseRow) => store.configs.at(app, one.config_version).entries;
  const entries = entriesOf(live);
  const changes = configChanges(entries, entriesOf(release));
  return Object.values(changes).some((keys) => keys.length > 0) ? { live, entries, changes } : undefined;
}

/** What sets the config back to what is live, as a person types it; values stay here. */
function setsBack(app: AppRow, { entries, changes: { added, changed, removed } }: OtherConfig): string {
  const keys = [...changed, ...removed].toSorted();
  const isSecret = (key: string): boolean => entries[key]?.secret === true;
  const set = keys.filter((key) => !isSecret(key)).map((key) => `${key}=…`);
  const secrets = keys.filter(isSecret);
  const commands = [
    ...(set.length > 0 ? [`sluice config:set ${set.join(' ')} -a ${app.name}`] : []),
    ...(secrets.length > 0 ? [`sluice secrets:set ${secrets.join(' ')} -a ${app.name}`] : []),
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

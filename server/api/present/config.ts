import { type ConfigEntry, givenToContainers, kindsOf } from '../../../core/config/entry.ts';
import type { Config, Secret, Secrets, StagedConfig } from '../../../core/contracts/resources.ts';
import { nameOf } from '../../access/principal.ts';
import { configChanges } from '../../config-changes.ts';
import { baseOf } from '../../operations/change-config.ts';
import type { AppRow } from '../../store/apps.ts';
import type { Store } from '../../store/store.ts';
import { optional, optionalTime } from './time.ts';

/** The newest config without the values of secrets. */
export function presentConfig(store: Store, app: AppRow): Config {
  const { version, entries } = store.configs.newest(app);
  const rows = Object.entries(entries);
  return {
    version,
    values: Object.fromEntries(rows.flatMap(([key, { value, secret }]) => (secret ? [] : [[key, value]]))),
    secrets: rows.flatMap(([key, { secret }]) => (secret ? [key] : [])).toSorted(),
    ...optional('staged', stagedConfig(store, app)),
  };
}

export function presentSecrets(store: Store, app: AppRow, now: number): Secrets {
  const { version, entries } = store.configs.newest(app);
  const running = runningReleases(store, app, now);
  return {
    version,
    items: Object.entries(entries)
      .filter(([, { secret }]) => secret)
      .map(([name, entry]) => presentSecret(store, app, name, entry, running))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ...optional('staged', stagedConfig(store, app)),
  };
}

function presentSecret(
  store: Store,
  app: AppRow,
  name: string,
  entry: ConfigEntry,
  running: readonly RunningRelease[],
): Secret {
  const made = entry.since === undefined ? undefined : store.configs.made(app.id, entry.since);
  return {
    name,
    kinds: kindsOf(entry),
    ...optional('version', entry.since),
    ...optional('setBy', made && nameOf(store.people, made.personId)),
    ...optionalTime('setAt', made?.at),
    olderIn: running
      .filter(({ given }) => Object.hasOwn(given, name) && given[name]?.value !== entry.value)
      .map(({ number, live, until }) => ({ release: number, live, ...optionalTime('until', until) })),
  };
}

interface RunningRelease {
  readonly number: number;
  readonly live: boolean;
  readonly until: number | undefined;
  readonly given: ReturnType<typeof givenToContainers>;
}

/** Releases whose containers may be there: what is live, on its way, or kept warm for a way back. */
function runningReleases(store: Store, app: AppRow, now: number): RunningRelease[] {
  const { live_release_id: live } = store.apps.require(app.id);
  const until = new Map(
    store.rollouts
      .retiring(app.id)
      .map((row) => [row.release_id, now + row.keep_left_ms + row.grace_seconds * 1_000]),
  );
  const open = store.rollouts.open(app.id).map(({ release_id: id }) => id);
  const ids = new Set([...(live === null ? [] : [live]), ...open, ...until.keys()]);
  return [...ids]
    .map((id) => {
      const { number, config_version: version } = store.releases.require(id);
      const given = givenToContainers(store.configs.at(app, version).entries);
      return { number, live: id === live, until: id === live ? undefined : until.get(id), given };
    })
    .toSorted((a, b) => a.number - b.number);
}

/** Undefined when the next release would bring no other config to containers. */
function stagedConfig(store: Store, app: AppRow): StagedConfig | undefined {
  const base = baseOf(store, store.apps.require(app.id));
  if (!base) return undefined;
  const given = (version: number) => givenToContainers(store.configs.at(app, version).entries);
  const changes = configChanges(given(base.config_version), given(store.configs.newestVersion(app.id)));
  const some = Object.values(changes).some((keys) => keys.length > 0);
  return some ? { release: base.number, ...changes } : undefined;
}

import { type ConfigEntries, type ConfigEntry, environmentOf, isSameEntry } from '../../core/config/entry.ts';
import type { AppRow } from './apps.ts';
import { decodeEntries, encodeEntries, plainEntry } from './config-box.ts';
import type { Database } from './database.ts';
import type { WrappedKeys } from './wrapped-keys.ts';

export interface ConfigVersion {
  readonly version: number;
  /** The environment of the app's containers: neither what only builds get nor what is a file. */
  readonly values: Record<string, string>;
  readonly entries: ConfigEntries;
}

/** A value that must come out of nothing that people read. */
export interface SecretValue {
  readonly name: string;
  readonly value: string;
}

interface SeenSecrets {
  readonly until: number;
  readonly values: readonly SecretValue[];
}

/** Version 0 is the empty config that every app begins with. Versions never change. */
export class Configs {
  readonly #db: Database;
  readonly #keys: WrappedKeys;
  /** By app id. Redaction asks at each line of a log, and old versions stay as they are. */
  readonly #secrets = new Map<string, SeenSecrets>();

  constructor(db: Database, keys: WrappedKeys) {
    this.#db = db;
    this.#keys = keys;
  }

  newestVersion(appId: string): number {
    return (
      this.#db.get<{ version: number }>(
        'SELECT coalesce(max(version), 0) AS version FROM config_versions WHERE app_id = ?',
        appId,
      )?.version ?? 0
    );
  }

  newest(app: Pick<AppRow, 'id'>): ConfigVersion {
    return this.at(app, this.newestVersion(app.id));
  }

  /** @throws when there is no such version */
  at({ id }: Pick<AppRow, 'id'>, version: number): ConfigVersion {
    if (version === 0) return { version, values: {}, entries: {} };
    const row = this.#db.get<{ sealed: Uint8Array }>(
      'SELECT sealed FROM config_versions WHERE app_id = ? AND version = ?',
      id,
      version,
    );
    if (!row) throw new Error(`no config version ${version} of app ${id}`);
    const entries = decodeEntries(this.#keys.ofApp(id).open(row.sealed, place(id, version)));
    return { version, entries, values: environmentOf(entries) };
  }

  /** Who made a version, and when; undefined for version 0. */
  made(appId: string, version: number): { personId: string; at: number } | undefined {
    return this.#db.get(
      'SELECT person_id AS personId, created_at AS at FROM config_versions WHERE app_id = ? AND version = ?',
      appId,
      version,
    );
  }

  /**
   * Adds the next version.
   * @param entries all of them; a text is a value that is no secret
   */
  add(
    app: Pick<AppRow, 'id'>,
    entries: Readonly<Record<string, string | ConfigEntry>>,
    personId: string,
  ): number {
    return this.#db.transaction(() => {
      const before = this.newest(app);
      const version = before.version + 1;
      // What was seen of a version of this number was rolled back.
      if ((this.#secrets.get(app.id)?.until ?? 0) >= version) this.#secrets.delete(app.id);
      const sealed = encodeEntries(dated(entries, before.entries, version));
      this.#db.run(
        'INSERT INTO config_versions (app_id, version, sealed, person_id, created_at) VALUES (?, ?, ?, ?, ?)',
        app.id,
        version,
        this.#keys.ofApp(app.id).seal(sealed, place(app.id, version)),
        personId,
        Date.now(),
      );
      return version;
    });
  }

  /** Every value that a secret of the app has or had: replicas and logs of older versions may still have it. */
  secretsOf(app: Pick<AppRow, 'id'>): readonly SecretValue[] {
    const until = this.newestVersion(app.id);
    const seen = this.#secrets.get(app.id);
    // More than there are: a transaction was rolled back.
    const known = seen && seen.until <= until ? seen : { until: 0, values: [] };
    if (known.until === until) return known.values;
    const values = new Map(known.values.map((secret) => [`${secret.name}=${secret.value}`, secret]));
    for (let version = known.until + 1; version <= until; version++) {
      for (const [name, { secret, value }] of Object.entries(this.at(app, version).entries)) {
        if (secret) values.set(`${name}=${value}`, { name, value });
      }
    }
    const all = { until, values: [...values.values()] };
    this.#secrets.set(app.id, all);
    return all.values;
  }

  /** Apps that got a version since `mark`, which is 0 at first, and the mark for the next time. */
  changedSince(mark: number): { apps: readonly string[]; mark: number } {
    const newest =
      this.#db.get<{ mark: number }>('SELECT coalesce(max(rowid), 0) AS mark FROM config_versions')?.mark ??
      0;
    if (newest === mark) return { apps: [], mark };
    // Rows that were taken back, or went with their app, leave their numbers to others.
    const since = newest < mark ? 0 : mark;
    const rows = this.#db.all<{ id: string }>(
      'SELECT DISTINCT app_id AS id FROM config_versions WHERE rowid > ?',
      since,
    );
    return { apps: rows.map(({ id }) => id), mark: newest };
  }

  /** Nothing of an app that is gone stays in memory. */
  forget(appId: string): void {
    this.#secrets.delete(appId);
  }
}

function place(appId: string, version: number): string {
  return `config:${appId}:${version}`;
}

/** What has the value that it had was set when that was; so a rollback does not make an old secret look new. */
function dated(
  entries: Readonly<Record<string, string | ConfigEntry>>,
  before: ConfigEntries,
  version: number,
): ConfigEntries {
  return Object.fromEntries(
    Object.entries(entries).map(([key, given]) => {
      const entry = typeof given === 'string' ? plainEntry(given) : given;
      const old = Object.hasOwn(before, key) ? before[key] : undefined;
      if (old && isSameEntry(old, entry)) return [key, old];
      return [key, entry.since === undefined ? { ...entry, since: version } : entry];
    }),
  );
}

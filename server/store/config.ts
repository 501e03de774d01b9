import type { AppRow } from './apps.ts';
import type { Database } from './database.ts';
import type { Vault } from './vault.ts';

export interface ConfigVersion {
  readonly version: number;
  readonly values: Record<string, string>;
}

/** Version 0 is the empty config that every app begins with. */
export class Configs {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(db: Database, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  newestVersion(appId: string): number {
    return (
      this.#db.get<{ version: number }>(
        'SELECT coalesce(max(version), 0) AS version FROM config_versions WHERE app_id = ?',
        appId,
      )?.version ?? 0
    );
  }

  newest(app: AppRow): ConfigVersion {
    return this.at(app, this.newestVersion(app.id));
  }

  /** @throws when there is no such version */
  at(app: AppRow, version: number): ConfigVersion {
    if (version === 0) return { version, values: {} };
    const row = this.#db.get<{ sealed: Uint8Array }>(
      'SELECT sealed FROM config_versions WHERE app_id = ? AND version = ?',
      app.id,
      version,
    );
    if (!row) throw new Error(`no config version ${version} of app ${app.id}`);
    return { version, values: this.#vault.openConfig(app.id, app.data_key, version, row.sealed) };
  }

  /** Adds the next version with all of `values`. */
  add(app: AppRow, values: Record<string, string>, personId: string): number {
    return this.#db.transaction(() => {
      const version = this.newestVersion(app.id) + 1;
      this.#db.run(
        'INSERT INTO config_versions (app_id, version, sealed, person_id, created_at) VALUES (?, ?, ?, ?, ?)',
        app.id,
        version,
        this.#vault.sealConfig(app.id, app.data_key, version, values),
        personId,
        Date.now(),
      );
      return version;
    });
  }
}

import type { Database } from './database.ts';
import { DataKey, type Vault } from './vault.ts';

interface WrappedKeyRow {
  readonly name: string;
  readonly app_id: string | null;
  readonly master_id: string | null;
  readonly box: Uint8Array;
}

/**
 * Every key that the journal's sealed things need, wrapped by the master key. They are in one table, which is all that
 * has to be walked when the master key is replaced: nothing may be sealed by the master key itself.
 */
export class WrappedKeys {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(db: Database, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  /** The key of what belongs to an app; goes with it. */
  ofApp(appId: string): DataKey {
    const row = this.#row(nameOfApp(appId));
    if (!row) throw new Error(`app ${appId} has no key`);
    return this.#open(row);
  }

  createForApp(appId: string): void {
    this.#insert(nameOfApp(appId), appId, this.#vault.newKey());
  }

  /**
   * A key of the platform itself, made when it is first asked for.
   * @param name `audit`, for example; not one of an app
   * @param first its 32 bytes when it is made; random unless given
   */
  named(name: string, first?: () => Uint8Array): DataKey {
    const key = `platform:${name}`;
    return this.#db.transaction(() => {
      const row = this.#row(key);
      if (row) return this.#open(row);
      const bytes = first?.() ?? this.#vault.newKey();
      this.#insert(key, null, bytes);
      return new DataKey(bytes);
    });
  }

  #insert(name: string, appId: string | null, bytes: Uint8Array): void {
    const { masterId, box } = this.#vault.wrap(name, bytes);
    this.#db.run(
      'INSERT INTO wrapped_keys (name, app_id, master_id, box) VALUES (?, ?, ?, ?)',
      name,
      appId,
      masterId,
      box,
    );
  }

  #row(name: string): WrappedKeyRow | undefined {
    return this.#db.get<WrappedKeyRow>('SELECT * FROM wrapped_keys WHERE name = ?', name);
  }

  #open({ name, master_id: masterId, box }: WrappedKeyRow): DataKey {
    return new DataKey(this.#vault.unwrap(name, { masterId, box }));
  }
}

/** Also what binds the key to its place: keys of the first schema were wrapped under this. */
function nameOfApp(appId: string): string {
  return `data-key:${appId}`;
}

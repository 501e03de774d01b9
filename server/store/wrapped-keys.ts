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

  /** Whether a key of the platform itself is made already. */
  has(name: string): boolean {
    return this.#row(nameOfPlatform(name)) !== undefined;
  }

  /**
   * A key of the platform itself, made when it is first asked for.
   * @param name `audit`, for example; not one of an app
   * @param first its 32 bytes when it is made; random unless given
   */
  named(name: string, first?: () => Uint8Array): DataKey {
    const key = nameOfPlatform(name);
    return this.#db.transaction(() => {
      const row = this.#row(key);
      if (row) return this.#open(row);
      const bytes = first?.() ?? this.#vault.newKey();
      this.#insert(key, null, bytes);
      return new DataKey(bytes);
    });
  }

  /** How many keys this master key wraps, and how many need another one. */
  count(masterId: string): { keys: number; waiting: number } {
    const row = this.#db.get<{ keys: number; waiting: number }>(
      `SELECT count(*) FILTER (WHERE master_id = ?1) AS keys,
       count(*) FILTER (WHERE master_id IS NOT ?1) AS waiting FROM wrapped_keys`,
      masterId,
    );
    return { keys: row?.keys ?? 0, waiting: row?.waiting ?? 0 };
  }

  /**
   * Before anything is done with the journal: a key that nobody can open is found now, and not at the next deploy.
   * @throws Error naming the master key that is missing
   */
  check(): void {
    for (const row of this.#db.all<WrappedKeyRow>(
      'SELECT min(name) AS name, app_id, master_id, box FROM wrapped_keys GROUP BY master_id',
    ))
      this.#checkOne(row);
  }

  #checkOne(row: WrappedKeyRow): void {
    try {
      this.#open(row);
    } catch (error) {
      const which = row.master_id === null ? '' : ` (its id is ${row.master_id})`;
      throw new Error(
        `the master key that is here does not open this journal: it was sealed by another one${which}; put that back, as SLUICE_MASTER_KEY or as master.key, or give it as SLUICE_MASTER_KEY_OLD beside the new one`,
        { cause: error },
      );
    }
  }

  /**
   * Wraps some keys anew that another master key wraps, in one transaction.
   * @returns how many
   */
  rewrap(masterId: string, most: number): number {
    return this.#db.transaction(() => {
      const rows = this.#db.all<WrappedKeyRow>(
        'SELECT * FROM wrapped_keys WHERE master_id IS NOT ? LIMIT ?',
        masterId,
        most,
      );
      for (const row of rows) {
        const { masterId: now, box } = this.#vault.wrap(row.name, this.#open(row).bytes);
        if (now !== masterId) throw new Error(`the vault wraps by ${now}, not by ${masterId}`);
        this.#db.run('UPDATE wrapped_keys SET master_id = ?, box = ? WHERE name = ?', now, box, row.name);
      }
      return rows.length;
    });
  }

  /** @throws when a key does not open with this vault alone */
  prove(alone: Vault): void {
    for (const { name, master_id: masterId, box } of this.#db.all<WrappedKeyRow>(
      'SELECT * FROM wrapped_keys',
    )) {
      if (masterId !== alone.currentId) throw new Error(`${name} still needs the master key ${masterId}`);
      alone.unwrap(name, { masterId, box });
    }
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

function nameOfPlatform(name: string): string {
  return `platform:${name}`;
}

/** Also what binds the key to its place: keys of the first schema were wrapped under this. */
function nameOfApp(appId: string): string {
  return `data-key:${appId}`;
}

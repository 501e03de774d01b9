import { Refusal } from '../../core/reason.ts';
import type { Database } from './database.ts';

export class Domains {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  of(appId: string): string[] {
    return this.#db
      .all<{ host: string }>('SELECT host FROM domains WHERE app_id = ? ORDER BY created_at, host', appId)
      .map((row) => row.host);
  }

  /** @throws Refusal 409 `domain_taken` */
  add(appId: string, host: string): void {
    const taken = this.#db.get<{ app_id: string }>('SELECT app_id FROM domains WHERE host = ?', host);
    if (taken?.app_id === appId) return;
    if (taken) {
      throw new Refusal(
        409,
        'domain_taken',
        `${host} belongs to another app`,
        'its owner can free it with `sluice domains:remove`',
      );
    }
    this.#db.run('INSERT INTO domains (host, app_id, created_at) VALUES (?, ?, ?)', host, appId, Date.now());
  }

  remove(appId: string, host: string): boolean {
    return this.#db.run('DELETE FROM domains WHERE host = ? AND app_id = ?', host, appId) > 0;
  }
}

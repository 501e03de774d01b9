import type { Database } from './database.ts';

/** How many replicas people asked for by `ps:scale`; it wins over what the repository says. */
export class Scale {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  of(appId: string): Record<string, number> {
    const rows = this.#db.all<{ process: string; replicas: number }>(
      'SELECT process, replicas FROM scale WHERE app_id = ?',
      appId,
    );
    return Object.fromEntries(rows.map((row) => [row.process, row.replicas]));
  }

  set(appId: string, process: string, replicas: number): void {
    this.#db.run(
      'INSERT INTO scale (app_id, process, replicas) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET replicas = excluded.replicas',
      appId,
      process,
      replicas,
    );
  }
}

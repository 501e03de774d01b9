import type { Database } from './database.ts';

/** What people did, in order; never changed. */
export class Events {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** @param detail facts without secrets: names, numbers, keys, never values */
  record(
    action: string,
    personId: string | null,
    appId: string | null,
    detail: Record<string, unknown> = {},
  ): void {
    this.#db.run(
      'INSERT INTO events (at, person_id, app_id, action, detail) VALUES (?, ?, ?, ?, ?)',
      Date.now(),
      personId,
      appId,
      action,
      JSON.stringify(detail),
    );
  }
}

import { DatabaseSync } from 'node:sqlite';

/** Reads the platform's journal beside the server: what happened when, by the server's own clock, in milliseconds since 1970. */
export class Journal {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { readOnly: true });
  }

  /** Milliseconds from a build's row to its first attempt's, oldest first. */
  waits(): number[] {
    const rows = this.#database
      .prepare(
        `SELECT a.started_at - b.created_at AS wait FROM builds b
         JOIN attempts a ON a.build_id = b.id AND a.number = 1 ORDER BY b.created_at`,
      )
      .all() as { wait: number }[];
    return rows.map(({ wait }) => wait);
  }

  /** When the newest build that went live was accepted and when it was live. */
  newestLive(): { accepted: number; built: number; live: number } {
    const row = this.#database
      .prepare(
        `SELECT b.created_at AS accepted, b.finished_at AS built, r.finished_at AS live FROM builds b
         JOIN rollouts r ON r.build_id = b.id WHERE r.finished_at IS NOT NULL ORDER BY b.created_at DESC LIMIT 1`,
      )
      .get() as { accepted: number; built: number; live: number } | undefined;
    if (!row) throw new Error('no build has gone live');
    return row;
  }

  /** Releases whose containers have still to go. */
  retiring(): number {
    return (this.#database.prepare('SELECT count(*) AS n FROM retiring').get() as { n: number }).n;
  }

  close(): void {
    this.#database.close();
  }
}

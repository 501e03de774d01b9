import type { EventType } from '../../core/contracts/resources.ts';
import type { Database } from './database.ts';

/** Something that happened, as the journal's triggers wrote it down (migration 011). */
export interface FeedRow {
  readonly seq: number;
  readonly at: number;
  readonly app_id: string;
  readonly type: EventType;
  /** Id of what it is about. */
  readonly subject: string;
  /** JSON: what of it may have changed when this is read. */
  readonly facts: string;
}

/** Kept for so long, and at most so many. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
const KEPT_ROWS = 100_000;

/** What happened to builds, releases and rollouts, in order. */
export class Feed {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The newest number that was given; 0: nothing has happened yet. */
  newest(): number {
    return this.#db.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'feed'")?.seq ?? 0;
  }

  /** All up to this number may have been let go. */
  letGoUpTo(): number {
    return Number(
      this.#db.get<{ value: string }>("SELECT value FROM meta WHERE key = 'feed_let_go'")?.value ?? 0,
    );
  }

  /** Oldest first, at most `limit`. */
  after(seq: number, limit: number, appId?: string): FeedRow[] {
    if (appId === undefined) {
      return this.#db.all<FeedRow>('SELECT * FROM feed WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit);
    }
    const sql = 'SELECT * FROM feed WHERE app_id = ? AND seq > ? ORDER BY seq LIMIT ?';
    return this.#db.all<FeedRow>(sql, appId, seq, limit);
  }

  /** Lets go of what is old. @param now milliseconds since 1970. @returns how many went */
  letGo(now: number, kept = { ms: KEPT_MS, rows: KEPT_ROWS }): number {
    const old = this.#db.get<{ seq: number | null }>(
      'SELECT max(seq) AS seq FROM feed WHERE at <= ? OR seq <= ?',
      now - kept.ms,
      this.newest() - kept.rows,
    )?.seq;
    if (old === null || old === undefined) return 0;
    return this.#db.transaction(() => {
      this.#db.run(
        "INSERT INTO meta (key, value) VALUES ('feed_let_go', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        String(old),
      );
      return this.#db.run('DELETE FROM feed WHERE seq <= ?', old);
    });
  }
}

import type { RolloutEventKind, RolloutState } from '../../core/rollout.ts';
import type { BuildState } from '../../core/build.ts';
import type { Database } from './database.ts';

/** What the triggers of migrations 008 and 009 write. */
export type FeedData =
  | { readonly kind: 'build'; readonly data: { build: number; state: BuildState; attempt: number } }
  | { readonly kind: 'app'; readonly data: { name: string; maintenance: 0 | 1 } }
  | { readonly kind: 'release'; readonly data: { release: number } }
  | {
      readonly kind: 'rollout';
      readonly data: {
        release: number;
        state: RolloutState;
        /** Parts of 10,000. */
        weight: number;
        step: number;
        paused: 0 | 1;
        held: 0 | 1;
      };
    }
  | {
      readonly kind: 'story';
      readonly data: { release: number; number: number; about: RolloutEventKind; text: string };
    };

export type FeedRow = FeedData & { readonly seq: number; readonly at: number; readonly app_id: string };

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
    const rows =
      appId === undefined
        ? this.#db.all('SELECT * FROM feed WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit)
        : this.#db.all(
            'SELECT * FROM feed WHERE app_id = ? AND seq > ? ORDER BY seq LIMIT ?',
            appId,
            seq,
            limit,
          );
    return rows.map((row) => ({ ...row, data: JSON.parse(row['data'] as string) }) as FeedRow);
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

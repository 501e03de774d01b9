import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { migrations } from './migrations/index.ts';

export type Row = Record<string, unknown>;

/**
 * The journal: one SQLite file, WAL, `synchronous=FULL`, so that what was acknowledged is on disk.
 * Statements are prepared once and kept; everything is synchronous, which keeps each decision atomic.
 */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #onCommit = new Set<(ms: number) => void>();
  #depth = 0;

  /** @param file path of the database, or ':memory:' for a test of rules only */
  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    // Waiting first: whoever reads the file as the server starts, as a backup does, may hold it for a moment.
    this.#db.exec(
      'PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;',
    );
    this.#migrate();
  }

  get<T = Row>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#statement(sql).get(...values) as T | undefined;
  }

  all<T = Row>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#statement(sql).all(...values) as T[];
  }

  /** @returns how many rows changed */
  run(sql: string, ...values: SQLInputValue[]): number {
    const begun = performance.now();
    const changed = Number(this.#statement(sql).run(...values).changes);
    if (this.#depth === 0) this.#committed(begun);
    return changed;
  }

  /**
   * Calls `listener` after whatever was written is there to be read, with the milliseconds that it took.
   * @returns stops it
   */
  onCommit(listener: (ms: number) => void): () => void {
    this.#onCommit.add(listener);
    return () => this.#onCommit.delete(listener);
  }

  /** All or nothing. Nested calls join the outer transaction. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    const begun = performance.now();
    this.#db.exec('BEGIN IMMEDIATE');
    this.#depth++;
    let result: T;
    try {
      result = work();
      this.#db.exec('COMMIT');
    } catch (error) {
      // SQLite may have rolled back by itself (a full disk): its own error is the one to show.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth--;
    }
    this.#committed(begun);
    return result;
  }

  #committed(begun: number): void {
    if (this.#onCommit.size === 0) return;
    const took = performance.now() - begun;
    for (const listener of this.#onCommit) listener(took);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #migrate(): void {
    const at = this.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
    if (at > migrations.length) {
      throw new Error(
        `the journal is of a newer Sluice (schema ${at}, this one knows ${migrations.length}); install that version or a later one`,
      );
    }
    for (let version = at; version < migrations.length; version++) {
      this.transaction(() => {
        this.#db.exec(migrations[version] as string);
        this.#db.exec(`PRAGMA user_version = ${version + 1}`);
      });
    }
  }
}

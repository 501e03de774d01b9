import { Refusal } from '../../core/reason.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';
import type { WrappedKeys } from './wrapped-keys.ts';

export interface AppRow {
  id: string;
  name: string;
  target_id: string;
  deploy_branch: string;
  live_release_id: string | null;
  live_since: number | null;
  created_by: string;
  created_at: number;
  destroyed_at: number | null;
  /** 1: the router answers for it. */
  maintenance: 0 | 1;
}

export class Apps {
  readonly #db: Database;
  readonly #keys: WrappedKeys;

  constructor(db: Database, keys: WrappedKeys) {
    this.#db = db;
    this.#keys = keys;
  }

  /** The creator becomes its owner. @throws Refusal 409 `app_exists` */
  create(name: string, personId: string, targetId: string): AppRow {
    return this.#db.transaction(() => {
      this.#takeName(name);
      const id = newId();
      const now = Date.now();
      this.#db.run(
        'INSERT INTO apps (id, name, target_id, created_by, created_at) VALUES (?, ?, ?, ?, ?)',
        id,
        name,
        targetId,
        personId,
        now,
      );
      this.#keys.createForApp(id);
      // Root on the machine has no row among the people, and needs no role.
      this.#db.run(
        "INSERT INTO members (app_id, person_id, role) SELECT ?, id, 'owner' FROM people WHERE id = ?",
        id,
        personId,
      );
      return this.require(id);
    });
  }

  /** By its name, or one that it had and that no other app has taken since. */
  byName(name: string): AppRow | undefined {
    // One question, so that the time tells nobody whether there is an app of that name.
    return this.#db.get<AppRow>(
      `SELECT * FROM apps WHERE destroyed_at IS NULL AND id = coalesce(
         (SELECT id FROM apps WHERE name = ?1 AND destroyed_at IS NULL),
         (SELECT app_id FROM former_names WHERE name = ?1))`,
      name,
    );
  }

  /** Id of the app that had this name; undefined when nobody had, or an app has it now. */
  formerHolder(name: string): string | undefined {
    return this.#db.get<{ app_id: string }>('SELECT app_id FROM former_names WHERE name = ?', name)?.app_id;
  }

  /** Names that an app had and is still found by. */
  formerNames(id: string): string[] {
    return this.#db
      .all<{ name: string }>('SELECT name FROM former_names WHERE app_id = ? ORDER BY at, name', id)
      .map(({ name }) => name);
  }

  /** @throws Refusal 409 `app_exists` */
  rename(id: string, name: string): void {
    this.#db.transaction(() => {
      const { name: before } = this.require(id);
      this.#takeName(name);
      this.#db.run('INSERT INTO former_names (name, app_id, at) VALUES (?, ?, ?)', before, id, Date.now());
      this.#db.run('UPDATE apps SET name = ? WHERE id = ?', name, id);
    });
  }

  /** @returns whether it was otherwise before */
  setMaintenance(id: string, on: boolean): boolean {
    const value = on ? 1 : 0;
    return (
      this.#db.run('UPDATE apps SET maintenance = ? WHERE id = ? AND maintenance <> ?', value, id, value) > 0
    );
  }

  byId(id: string): AppRow | undefined {
    return this.#db.get<AppRow>('SELECT * FROM apps WHERE id = ? AND destroyed_at IS NULL', id);
  }

  require(id: string): AppRow {
    const app = this.byId(id);
    if (!app) throw new Error(`no app ${id}`);
    return app;
  }

  all(): AppRow[] {
    return this.#db.all<AppRow>('SELECT * FROM apps WHERE destroyed_at IS NULL ORDER BY name');
  }

  /** Whether it has a row, destroyed or not. */
  isKnown(id: string): boolean {
    return this.#db.get('SELECT 1 FROM apps WHERE id = ?', id) !== undefined;
  }

  /** Apps whose destruction was asked for and whose rows are still there. */
  destroyed(): AppRow[] {
    return this.#db.all<AppRow>('SELECT * FROM apps WHERE destroyed_at IS NOT NULL');
  }

  /** From now on nobody finds it; the controller removes what it has and then calls `forget`. */
  markDestroyed(id: string): void {
    this.#db.transaction(() => {
      const now = Date.now();
      this.#db.run('UPDATE apps SET destroyed_at = ? WHERE id = ? AND destroyed_at IS NULL', now, id);
      // What came in by a key of the app's own must find no other way, and its key is free for the next app.
      this.#db.run('DELETE FROM ssh_keys WHERE person_id IN (SELECT id FROM people WHERE app_id = ?)', id);
      this.#db.run('UPDATE people SET removed_at = ? WHERE app_id = ? AND removed_at IS NULL', now, id);
    });
  }

  /** Removes the row and, by cascade, all that belongs to it but for when its builds ran. */
  forget(id: string): void {
    this.#db.transaction(() => {
      this.#db.run(
        `INSERT INTO build_times SELECT attempts.started_at, ended_at FROM attempts JOIN builds ON builds.id = build_id
         JOIN apps ON apps.id = app_id WHERE app_id = ? AND ended_at IS NOT NULL AND destroyed_at IS NOT NULL`,
        id,
      );
      this.#db.run('DELETE FROM apps WHERE id = ? AND destroyed_at IS NOT NULL', id);
    });
  }

  takeBuildNumber(id: string): number {
    return this.#take(id, 'next_build');
  }

  takeReleaseNumber(id: string): number {
    return this.#take(id, 'next_release');
  }

  setLive(id: string, releaseId: string): void {
    this.#db.run(
      'UPDATE apps SET live_release_id = ?, live_since = ? WHERE id = ?',
      releaseId,
      Date.now(),
      id,
    );
  }

  #called(name: string): AppRow | undefined {
    return this.#db.get<AppRow>('SELECT * FROM apps WHERE name = ? AND destroyed_at IS NULL', name);
  }

  /** Whoever had the name is not found by it any more. @throws Refusal 409 `app_exists` */
  #takeName(name: string): void {
    if (this.#called(name)) {
      throw new Refusal(
        409,
        'app_exists',
        `an app named ${name} exists already`,
        'choose another name, or see `sluice apps`',
      );
    }
    this.#db.run('DELETE FROM former_names WHERE name = ?', name);
  }

  #take(id: string, column: 'next_build' | 'next_release'): number {
    const row = this.#db.get<{ taken: number }>(
      `UPDATE apps SET ${column} = ${column} + 1 WHERE id = ? RETURNING ${column} - 1 AS taken`,
      id,
    );
    if (!row) throw new Error(`no app ${id}`);
    return row.taken;
  }
}

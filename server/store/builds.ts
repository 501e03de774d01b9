import { type BuildEvent, type BuildState, nextBuildState } from '../../core/build.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { PushOptions } from '../../core/push-options.ts';
import type { Reason } from '../../core/reason.ts';
import { redactAll } from '../../core/redaction/redact-all.ts';
import type { Redactors } from '../redaction/redactors.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';

export interface BuildImage {
  image: string;
  exposedPorts: number[];
  sizeBytes: number;
  user: string;
}

export interface BuildRow {
  id: string;
  app_id: string;
  number: number;
  commit_id: string;
  branch: string;
  source: 'push' | 'api' | 'hook';
  person_id: string;
  manifest: Manifest;
  options: PushOptions;
  state: BuildState;
  attempt: number;
  image: BuildImage | null;
  test_image: string | null;
  reason: Reason | null;
  superseded_by: number | null;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
}

export interface AttemptRow {
  build_id: string;
  number: number;
  builder: string;
  instance: string;
  ended_at: number | null;
}

export interface NewBuild {
  readonly id: string;
  readonly appId: string;
  readonly number: number;
  readonly commit: string;
  readonly branch: string;
  readonly source: 'push' | 'api' | 'hook';
  readonly personId: string;
  readonly manifest: Manifest;
  readonly options: PushOptions;
  readonly pushId?: string;
}

const OPEN = "state IN ('queued', 'testing', 'building')";

export class Builds {
  readonly #db: Database;
  readonly #redactors: Redactors;

  constructor(db: Database, redactors: Redactors) {
    this.#db = db;
    this.#redactors = redactors;
  }

  create(build: NewBuild): BuildRow {
    this.#db.run(
      `INSERT INTO builds (id, app_id, number, commit_id, branch, source, person_id, manifest, options, push_id, state, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?)`,
      build.id,
      build.appId,
      build.number,
      build.commit,
      build.branch,
      build.source,
      build.personId,
      JSON.stringify(build.manifest),
      JSON.stringify(build.options),
      build.pushId ?? null,
      Date.now(),
    );
    return this.require(build.id);
  }

  newId(): string {
    return newId();
  }

  byId(id: string): BuildRow | undefined {
    return parsed(this.#db.get('SELECT * FROM builds WHERE id = ?', id));
  }

  require(id: string): BuildRow {
    const build = this.byId(id);
    if (!build) throw new Error(`no build ${id}`);
    return build;
  }

  byPush(appId: string, pushId: string): BuildRow | undefined {
    return parsed(this.#db.get('SELECT * FROM builds WHERE app_id = ? AND push_id = ?', appId, pushId));
  }

  byNumber(appId: string, number: number): BuildRow | undefined {
    return parsed(this.#db.get('SELECT * FROM builds WHERE app_id = ? AND number = ?', appId, number));
  }

  exists(id: string): boolean {
    return this.#db.get('SELECT 1 FROM builds WHERE id = ?', id) !== undefined;
  }

  ids(appId: string): string[] {
    return this.#db.all<{ id: string }>('SELECT id FROM builds WHERE app_id = ?', appId).map((row) => row.id);
  }

  /** Newest first. */
  page(appId: string, below: number, limit: number): BuildRow[] {
    return this.#db
      .all(
        'SELECT * FROM builds WHERE app_id = ? AND number < ? ORDER BY number DESC LIMIT ?',
        appId,
        below,
        limit,
      )
      .map(parsedRow);
  }

  /** Builds that have not ended, of one app or all, oldest first. */
  open(appId?: string): BuildRow[] {
    const rows =
      appId === undefined
        ? this.#db.all(`SELECT * FROM builds WHERE ${OPEN} ORDER BY created_at, number`)
        : this.#db.all(`SELECT * FROM builds WHERE app_id = ? AND ${OPEN} ORDER BY number`, appId);
    return rows.map(parsedRow);
  }

  newestNumber(appId: string): number {
    return (
      this.#db.get<{ n: number }>('SELECT coalesce(max(number), 0) AS n FROM builds WHERE app_id = ?', appId)
        ?.n ?? 0
    );
  }

  counts(): { queued: number; running: number } {
    return (
      this.#db.get<{ queued: number; running: number }>(
        `SELECT coalesce(sum(state = 'queued'), 0) AS queued, coalesce(sum(state <> 'queued'), 0) AS running
         FROM builds WHERE ${OPEN}`,
      ) ?? { queued: 0, running: 0 }
    );
  }

  /**
   * Moves a build by an event, with its reason.
   * @returns false when the event does not apply any more; nothing is changed then
   */
  move(
    id: string,
    event: BuildEvent,
    more: { reason?: Reason; supersededBy?: number; image?: BuildImage } = {},
  ): boolean {
    return this.#db.transaction(() => {
      const build = this.byId(id);
      const next = build && nextBuildState(build.state, event);
      if (!build || !next) return false;
      const now = Date.now();
      const ended = ['succeeded', 'failed', 'cancelled', 'superseded'].includes(next);
      this.#db.run(
        `UPDATE builds SET state = ?, attempt = attempt + ?, reason = coalesce(?, reason), superseded_by = coalesce(?, superseded_by),
         image = coalesce(?, image), started_at = coalesce(started_at, ?), finished_at = ? WHERE id = ?`,
        next,
        event === 'lost' ? 1 : 0,
        more.reason ? JSON.stringify(redactAll(this.#redactors.of(build.app_id), more.reason)) : null,
        more.supersededBy ?? null,
        more.image ? JSON.stringify(more.image) : null,
        next === 'queued' ? null : now,
        ended ? now : null,
        id,
      );
      if (ended || event === 'lost') this.endAttempts(id);
      return true;
    });
  }

  setTestImage(id: string, testImage: string, ranIn: number): void {
    this.#db.run('UPDATE builds SET test_image = ?, tests_ran_in = ? WHERE id = ?', testImage, ranIn, id);
  }

  setBaseDigests(id: string, digests: Record<string, string>): void {
    this.#db.run('UPDATE builds SET base_digests = ? WHERE id = ?', JSON.stringify(digests), id);
  }

  /** The build in which the tests that gave this image really ran, or undefined. */
  testsRanIn(appId: string, testImage: string): number | undefined {
    return this.#db.get<{ n: number }>(
      'SELECT tests_ran_in AS n FROM builds WHERE app_id = ? AND test_image = ? ORDER BY number DESC LIMIT 1',
      appId,
      testImage,
    )?.n;
  }

  attempt(buildId: string, number: number): AttemptRow | undefined {
    return this.#db.get<AttemptRow>(
      'SELECT * FROM attempts WHERE build_id = ? AND number = ?',
      buildId,
      number,
    );
  }

  startAttempt(buildId: string, number: number, builder: string, instance: string): void {
    this.#db.run(
      'INSERT INTO attempts (build_id, number, builder, instance, started_at) VALUES (?, ?, ?, ?, ?)',
      buildId,
      number,
      builder,
      instance,
      Date.now(),
    );
  }

  openAttempts(): AttemptRow[] {
    return this.#db.all<AttemptRow>('SELECT * FROM attempts WHERE ended_at IS NULL');
  }

  /** When builders worked, also for apps that are gone; what is not over yet goes up to `now`. */
  periods(now: number): { from: number; to: number }[] {
    return this.#db.all(
      `SELECT attempts.started_at AS "from", coalesce(ended_at, ?) AS "to" FROM attempts
       UNION ALL SELECT started_at, ended_at FROM build_times`,
      now,
    );
  }

  /** Of apps that are gone. @param before milliseconds since 1970. @returns how many went */
  forgetPeriods(before: number): number {
    return this.#db.run('DELETE FROM build_times WHERE ended_at < ?', before);
  }

  endAttempts(buildId: string): void {
    this.#db.run(
      'UPDATE attempts SET ended_at = ? WHERE build_id = ? AND ended_at IS NULL',
      Date.now(),
      buildId,
    );
  }
}

function parsed(row: Record<string, unknown> | undefined): BuildRow | undefined {
  return row && parsedRow(row);
}

function parsedRow(row: Record<string, unknown>): BuildRow {
  return {
    ...row,
    manifest: JSON.parse(row['manifest'] as string),
    options: JSON.parse(row['options'] as string),
    image: row['image'] === null ? null : JSON.parse(row['image'] as string),
    reason: row['reason'] === null ? null : JSON.parse(row['reason'] as string),
  } as BuildRow;
}

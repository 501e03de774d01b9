import type { Evidence } from '../../core/canary/decision.ts';
import { waitedMs } from '../../core/canary/collect.ts';
import type { CanaryProgress } from '../../core/canary/progress.ts';
import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import type { Reason } from '../../core/reason.ts';
import { redactAll, type Redacts } from '../../core/redaction/redact-all.ts';
import {
  nextRolloutState,
  rolloutHasEnded,
  type RolloutEvent,
  type RolloutEventKind,
  type RolloutState,
} from '../../core/rollout.ts';
import type { Redactors } from '../redaction/redactors.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';

export interface RolloutPlan {
  /** false: live as soon as healthy. */
  readonly canary: CanaryPolicy | false;
  /** Whether the Procfile's release command runs before any traffic. */
  readonly releasePhase: boolean;
  /** Time that it had been watched when a person last let it go on while it was held, in milliseconds. */
  readonly resumedAtMs?: number;
}

export interface RolloutRow {
  id: string;
  app_id: string;
  release_id: string;
  target_id: string;
  build_id: string | null;
  /** What is live while it is open, and was when it ended or went live. */
  previous_release_id: string | null;
  state: RolloutState;
  step: number;
  weight: number;
  plan: RolloutPlan;
  phase_started: number;
  phase_ended: number;
  reason: Reason | null;
  superseded_by: number | null;
  /** What was seen of the canary, a second old; some more where there are hundreds of them. */
  progress: CanaryProgress | null;
  /** Id of the person who paused it. */
  paused_by: string | null;
  /** Why it waits for a person. */
  held: Reason | null;
  created_at: number;
  finished_at: number | null;
}

export interface RolloutEventRow {
  number: number;
  at: number;
  kind: RolloutEventKind;
  text: string;
  evidence: Evidence | null;
}

export interface RetiringRow {
  release_id: string;
  app_id: string;
  grace_seconds: number;
  /** Stays warm for so long yet. */
  keep_left_ms: number;
  created_at: number;
}

const OPEN = "state IN ('starting', 'canary', 'promoting')";

export class Rollouts {
  readonly #db: Database;
  readonly #redactors: Redactors;

  constructor(db: Database, redactors: Redactors) {
    this.#db = db;
    this.#redactors = redactors;
  }

  create(rollout: {
    appId: string;
    releaseId: string;
    targetId: string;
    buildId: string | null;
    previousReleaseId: string | null;
    plan: RolloutPlan;
  }): RolloutRow {
    const id = newId();
    this.#db.run(
      `INSERT INTO rollouts (id, app_id, release_id, target_id, build_id, previous_release_id, state, plan, created_at)
       VALUES (?, ?, ?, ?, ?, ?, 'starting', ?, ?)`,
      id,
      rollout.appId,
      rollout.releaseId,
      rollout.targetId,
      rollout.buildId,
      rollout.previousReleaseId,
      JSON.stringify(rollout.plan),
      Date.now(),
    );
    return this.require(id);
  }

  require(id: string): RolloutRow {
    const rollout = parsed(this.#db.get('SELECT * FROM rollouts WHERE id = ?', id));
    if (!rollout) throw new Error(`no rollout ${id}`);
    return rollout;
  }

  byId(id: string): RolloutRow | undefined {
    return parsed(this.#db.get('SELECT * FROM rollouts WHERE id = ?', id));
  }

  /** false when it has ended, or is gone with its app */
  isOpen(id: string): boolean {
    return this.#db.get(`SELECT 1 FROM rollouts WHERE id = ? AND ${OPEN}`, id) !== undefined;
  }

  byRelease(releaseId: string): RolloutRow | undefined {
    return parsed(this.#db.get('SELECT * FROM rollouts WHERE release_id = ?', releaseId));
  }

  /** Not ended, of one app or all, oldest first. */
  open(appId?: string): RolloutRow[] {
    const rows =
      appId === undefined
        ? this.#db.all(`SELECT * FROM rollouts WHERE ${OPEN} ORDER BY created_at, rowid`)
        : this.#db.all(
            `SELECT * FROM rollouts WHERE app_id = ? AND ${OPEN} ORDER BY created_at, rowid`,
            appId,
          );
    return rows.map(parsedRow);
  }

  /** @returns false when the event does not apply any more; nothing is changed then */
  move(
    id: string,
    event: RolloutEvent,
    more: {
      reason?: Reason;
      evidence?: Evidence;
      step?: number;
      weight?: number;
      supersededBy?: number;
    } = {},
  ): boolean {
    return this.#db.transaction(() => {
      const rollout = this.require(id);
      const next = nextRolloutState(rollout.state, event);
      if (!next) return false;
      this.#db.run(
        `UPDATE rollouts SET state = ?, step = coalesce(?, step), weight = coalesce(?, weight),
         reason = coalesce(?, reason), superseded_by = coalesce(?, superseded_by), finished_at = ? WHERE id = ?`,
        next,
        more.step ?? null,
        more.weight ?? null,
        more.reason ? JSON.stringify(redactAll(this.#redactors.of(rollout.app_id), more.reason)) : null,
        more.supersededBy ?? null,
        rolloutHasEnded(next) ? Date.now() : null,
        id,
      );
      // However it ended, its story says why.
      if (rolloutHasEnded(next) && next !== 'live' && more.reason)
        this.say(id, next as RolloutEventKind, more.reason.message, more.evidence);
      return true;
    });
  }

  /** Open rollouts of an app follow what has just gone live; what was live when they were made is not what they replace. */
  setPrevious(appId: string, releaseId: string): void {
    this.#db.run(
      `UPDATE rollouts SET previous_release_id = ? WHERE app_id = ? AND ${OPEN}`,
      releaseId,
      appId,
    );
  }

  // Canaries -------------------------------------------------------------------------------------------------

  /** @returns false when it has ended, begun to promote, or is paused already */
  pause(id: string, personId: string): boolean {
    const sql = `UPDATE rollouts SET paused_by = ? WHERE id = ? AND paused_by IS NULL AND state IN ('starting', 'canary')`;
    return this.#db.run(sql, personId, id) > 0;
  }

  /** Goes on by itself again; what it was held for is waited for anew. @returns false when nothing kept it */
  resume(id: string): boolean {
    const { plan, held, progress } = this.require(id);
    const from = held === null ? {} : { resumedAtMs: progress ? waitedMs(progress) : 0 };
    const sql = `UPDATE rollouts SET paused_by = NULL, held = NULL, plan = ?
      WHERE id = ? AND (paused_by IS NOT NULL OR held IS NOT NULL) AND state IN ('starting', 'canary')`;
    return this.#db.run(sql, JSON.stringify({ ...plan, ...from }), id) > 0;
  }

  /** It waits for a person. @returns false when it waits already, or has ended */
  hold(id: string, why: Reason): boolean {
    const sql = `UPDATE rollouts SET held = ? WHERE id = ? AND held IS NULL AND state = 'canary'`;
    return this.#db.run(sql, JSON.stringify(redactAll(this.#redactorOf(id), why)), id) > 0;
  }

  /** From now on no canary: live as soon as it is healthy. Only while it starts. */
  skipCanary(id: string): boolean {
    const { plan } = this.require(id);
    const sql = `UPDATE rollouts SET plan = ? WHERE id = ? AND state = 'starting'`;
    return this.#db.run(sql, JSON.stringify({ ...plan, canary: false }), id) > 0;
  }

  /** Of rollouts that have ended meanwhile nothing is written. */
  saveProgress(id: string, progress: CanaryProgress): void {
    const sql = `UPDATE rollouts SET progress = ? WHERE id = ? AND state = 'canary'`;
    this.#db.run(sql, JSON.stringify(progress), id);
  }

  // What it told ---------------------------------------------------------------------------------------------

  say(id: string, kind: RolloutEventKind, text: string, evidence?: Evidence): void {
    this.#db.run(
      `INSERT INTO rollout_events (rollout_id, number, at, kind, text, evidence)
       SELECT ?, coalesce(max(number), 0) + 1, ?, ?, ?, ? FROM rollout_events WHERE rollout_id = ?`,
      id,
      Date.now(),
      kind,
      this.#redactorOf(id).text(text),
      evidence ? JSON.stringify(evidence) : null,
      id,
    );
  }

  hasSaid(id: string, kind: RolloutEventKind, text: string): boolean {
    const sql = 'SELECT 1 FROM rollout_events WHERE rollout_id = ? AND kind = ? AND text = ?';
    return this.#db.get(sql, id, kind, this.#redactorOf(id).text(text)) !== undefined;
  }

  #redactorOf(id: string): Redacts {
    const row = this.#db.get<{ appId: string }>('SELECT app_id AS appId FROM rollouts WHERE id = ?', id);
    return row ? this.#redactors.of(row.appId) : this.#redactors.all;
  }

  events(id: string): RolloutEventRow[] {
    return this.#db
      .all(
        'SELECT number, at, kind, text, evidence FROM rollout_events WHERE rollout_id = ? ORDER BY number',
        id,
      )
      .map(
        (row) =>
          ({
            ...row,
            evidence: row['evidence'] === null ? null : JSON.parse(row['evidence'] as string),
          }) as RolloutEventRow,
      );
  }

  // The release phase ----------------------------------------------------------------------------------------

  /** @returns false when nobody wants it to run any more */
  startPhase(id: string): boolean {
    return this.#db.run("UPDATE rollouts SET phase_started = 1 WHERE id = ? AND state = 'starting'", id) > 0;
  }

  endPhase(id: string): void {
    this.#db.run('UPDATE rollouts SET phase_ended = 1 WHERE id = ?', id);
  }

  /** Newest of an app whose release command was started and not seen to end well, at most `limit`. */
  withoutPhaseEnd(appId: string, limit: number): RolloutRow[] {
    return this.#db
      .all(
        `SELECT rollouts.* FROM releases JOIN rollouts ON rollouts.release_id = releases.id
         WHERE releases.app_id = ? AND phase_started = 1 AND phase_ended = 0 ORDER BY number DESC LIMIT ?`,
        appId,
        limit,
      )
      .map(parsedRow);
  }

  // Retiring releases --------------------------------------------------------------------------------------

  /** @param keepMs stays warm for so long first, so that going back is instant */
  retire(releaseId: string, appId: string, graceSeconds: number, keepMs = 0): void {
    this.#db.run(
      `INSERT INTO retiring (release_id, app_id, grace_seconds, keep_left_ms, created_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
      releaseId,
      appId,
      graceSeconds,
      keepMs,
      Date.now(),
    );
  }

  unretire(releaseId: string): void {
    this.#db.run('DELETE FROM retiring WHERE release_id = ?', releaseId);
  }

  /** @param keepMs rounded; below 0 is 0 */
  setKeepLeft(releaseId: string, keepMs: number): void {
    const left = Math.max(0, Math.round(keepMs));
    this.#db.run('UPDATE retiring SET keep_left_ms = ? WHERE release_id = ?', left, releaseId);
  }

  retiring(appId?: string): RetiringRow[] {
    return appId === undefined
      ? this.#db.all('SELECT * FROM retiring')
      : this.#db.all('SELECT * FROM retiring WHERE app_id = ?', appId);
  }
}

function parsed(row: Record<string, unknown> | undefined): RolloutRow | undefined {
  return row && parsedRow(row);
}

function parsedRow(row: Record<string, unknown>): RolloutRow {
  return {
    ...row,
    plan: JSON.parse(row['plan'] as string),
    reason: row['reason'] === null ? null : JSON.parse(row['reason'] as string),
    progress: row['progress'] === null ? null : JSON.parse(row['progress'] as string),
    held: row['held'] === null ? null : JSON.parse(row['held'] as string),
  } as RolloutRow;
}

import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import type { Reason } from '../../core/reason.ts';
import {
  nextRolloutState,
  rolloutHasEnded,
  type RolloutEvent,
  type RolloutState,
} from '../../core/rollout.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';

export interface RolloutPlan {
  /** false: live as soon as healthy. */
  readonly canary: CanaryPolicy | false;
  /** Whether the Procfile's release command runs before any traffic. */
  readonly releasePhase: boolean;
}

export interface RolloutRow {
  id: string;
  app_id: string;
  release_id: string;
  target_id: string;
  build_id: string | null;
  previous_release_id: string | null;
  state: RolloutState;
  step: number;
  weight: number;
  plan: RolloutPlan;
  phase_started: number;
  phase_ended: number;
  reason: Reason | null;
  superseded_by: number | null;
  created_at: number;
  finished_at: number | null;
}

const OPEN = "state IN ('starting', 'canary', 'promoting')";

export class Rollouts {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
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
    more: { reason?: Reason; weight?: number; supersededBy?: number } = {},
  ): boolean {
    return this.#db.transaction(() => {
      const rollout = this.require(id);
      const next = nextRolloutState(rollout.state, event);
      if (!next) return false;
      this.#db.run(
        `UPDATE rollouts SET state = ?, weight = coalesce(?, weight), reason = coalesce(?, reason),
         superseded_by = coalesce(?, superseded_by), finished_at = ? WHERE id = ?`,
        next,
        more.weight ?? null,
        more.reason ? JSON.stringify(more.reason) : null,
        more.supersededBy ?? null,
        rolloutHasEnded(next) ? Date.now() : null,
        id,
      );
      return true;
    });
  }

  /** @returns false when it was started before: it must not run again */
  startPhase(id: string): boolean {
    return this.#db.run('UPDATE rollouts SET phase_started = 1 WHERE id = ? AND phase_started = 0', id) > 0;
  }

  endPhase(id: string): void {
    this.#db.run('UPDATE rollouts SET phase_ended = 1 WHERE id = ?', id);
  }

  // Retiring releases --------------------------------------------------------------------------------------

  retire(releaseId: string, appId: string, graceSeconds: number): void {
    this.#db.run(
      'INSERT INTO retiring (release_id, app_id, grace_seconds, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      releaseId,
      appId,
      graceSeconds,
      Date.now(),
    );
  }

  unretire(releaseId: string): void {
    this.#db.run('DELETE FROM retiring WHERE release_id = ?', releaseId);
  }

  retiring(
    appId?: string,
  ): { release_id: string; app_id: string; grace_seconds: number; created_at: number }[] {
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
  } as RolloutRow;
}

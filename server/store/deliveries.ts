import type { Wish } from '../../core/hooks/wish.ts';
import type { Reason } from '../../core/reason.ts';
import { redactAll } from '../../core/redaction/redact-all.ts';
import type { Redactors } from '../redaction/redactors.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';

export type DeliveryState = 'pending' | 'done' | 'ignored' | 'failed';

export interface DeliveryRow {
  /** In the order of arrival, over all apps. */
  number: number;
  id: string;
  app_id: string;
  hook_id: string;
  received_at: number;
  address: string;
  event: string;
  sent_id: string | null;
  headers: Record<string, string>;
  /** Whether the body is still kept. */
  kept: boolean;
  wish: Wish | null;
  state: DeliveryState;
  reason: Reason | null;
  status: number;
  build_id: string | null;
  release_id: string | null;
  attempts: number;
  repeats: number;
  redelivery_of: string | null;
  person_id: string;
  finished_at: number | null;
}

export interface NewDelivery {
  readonly appId: string;
  readonly hookId: string;
  readonly address: string;
  readonly event: string;
  readonly sentId: string | undefined;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
  readonly bodyHash: Uint8Array;
  readonly wish: Wish | undefined;
  readonly state: DeliveryState;
  readonly reason: Reason | undefined;
  readonly status: number;
  readonly personId: string;
  readonly redeliveryOf?: string;
}

export interface Seen {
  readonly deliveryId: string;
  readonly bodyHash: Uint8Array;
}

/** All but the body, which is large. */
const COLUMNS = `number, id, app_id, hook_id, received_at, address, event, sent_id, headers, body IS NOT NULL AS kept, wish,
 state, reason, status, build_id, release_id, attempts, repeats, redelivery_of, person_id, finished_at`;

/** What came in by hooks, and what became of it. */
export class Deliveries {
  readonly #db: Database;
  readonly #redactors: Pick<Redactors, 'of'>;

  constructor(db: Database, redactors: Pick<Redactors, 'of'>) {
    this.#db = db;
    this.#redactors = redactors;
  }

  create(delivery: NewDelivery): DeliveryRow {
    const id = newId();
    const now = Date.now();
    this.#db.run(
      `INSERT INTO deliveries (id, app_id, hook_id, received_at, address, event, sent_id, headers, body, body_hash, wish,
       state, reason, status, redelivery_of, person_id, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      delivery.appId,
      delivery.hookId,
      now,
      delivery.address,
      delivery.event,
      delivery.sentId ?? null,
      JSON.stringify(delivery.headers),
      delivery.body,
      delivery.bodyHash,
      delivery.wish ? JSON.stringify(delivery.wish) : null,
      delivery.state,
      this.#written(delivery.appId, delivery.reason),
      delivery.status,
      delivery.redeliveryOf ?? null,
      delivery.personId,
      delivery.state === 'pending' ? null : now,
    );
    return this.require(id);
  }

  /** What a sender wrote may hold a secret of the app, and a reason may repeat it. */
  #written(appId: string, reason: Reason | undefined): string | null {
    return reason === undefined ? null : JSON.stringify(redactAll(this.#redactors.of(appId), reason));
  }

  byId(id: string): DeliveryRow | undefined {
    const row = this.#db.get(`SELECT ${COLUMNS} FROM deliveries WHERE id = ?`, id);
    return row && parsed(row);
  }

  require(id: string): DeliveryRow {
    const delivery = this.byId(id);
    if (!delivery) throw new Error(`no delivery ${id}`);
    return delivery;
  }

  /** undefined once it is no longer kept. */
  body(id: string): Uint8Array | undefined {
    return (
      this.#db.get<{ body: Uint8Array | null }>('SELECT body FROM deliveries WHERE id = ?', id)?.body ??
      undefined
    );
  }

  /** Newest first. @param hookId undefined: of all hooks of the app */
  page(appId: string, hookId: string | undefined, below: number, limit: number): DeliveryRow[] {
    return this.#db
      .all(
        `SELECT ${COLUMNS} FROM deliveries WHERE app_id = ?1 AND (?2 IS NULL OR hook_id = ?2) AND number < ?3
         ORDER BY number DESC LIMIT ?4`,
        appId,
        hookId ?? null,
        below,
        limit,
      )
      .map(parsed);
  }

  newest(hookId: string): DeliveryRow | undefined {
    const sql = `SELECT ${COLUMNS} FROM deliveries WHERE hook_id = ? ORDER BY number DESC LIMIT 1`;
    const row = this.#db.get(sql, hookId);
    return row && parsed(row);
  }

  /** Those that are to be worked on, oldest first. */
  pending(appId: string): DeliveryRow[] {
    return this.#db
      .all(`SELECT ${COLUMNS} FROM deliveries WHERE app_id = ? AND state = 'pending' ORDER BY number`, appId)
      .map(parsed);
  }

  /** Ids of apps that have such. */
  appsWithPending(): string[] {
    return this.#db
      .all<{ app_id: string }>("SELECT DISTINCT app_id FROM deliveries WHERE state = 'pending'")
      .map(({ app_id: id }) => id);
  }

  countAttempt(id: string): void {
    this.#db.run('UPDATE deliveries SET attempts = attempts + 1 WHERE id = ?', id);
  }

  /** @returns false when it has ended already, or is gone with its hook */
  finish(
    id: string,
    state: Exclude<DeliveryState, 'pending'>,
    outcome: { buildId?: string; releaseId?: string; reason?: Reason },
  ): boolean {
    const appId = this.byId(id)?.app_id;
    if (appId === undefined) return false;
    return (
      this.#db.run(
        `UPDATE deliveries SET state = ?, build_id = ?, release_id = ?, reason = ?, finished_at = ?
         WHERE id = ? AND state = 'pending'`,
        state,
        outcome.buildId ?? null,
        outcome.releaseId ?? null,
        this.#written(appId, outcome.reason),
        Date.now(),
        id,
      ) > 0
    );
  }

  /** What is pending of the same app and came before it has nothing to do any more. */
  supersede({ app_id: appId, number }: DeliveryRow, why: Reason): void {
    this.#db.run(
      `UPDATE deliveries SET state = 'ignored', reason = ?, finished_at = ?
       WHERE app_id = ? AND state = 'pending' AND number < ?`,
      this.#written(appId, why),
      Date.now(),
      appId,
      number,
    );
  }

  /** Lets the bodies of a hook go but for the newest, which can be processed again. */
  keepBodies(hookId: string, most: number): void {
    this.#db.run(
      `UPDATE deliveries SET body = NULL WHERE hook_id = ?1 AND body IS NOT NULL AND number <=
       (SELECT number FROM deliveries WHERE hook_id = ?1 AND body IS NOT NULL ORDER BY number DESC LIMIT 1 OFFSET ?2)`,
      hookId,
      most,
    );
  }

  /** What the same signed message became the first time. @param now milliseconds since 1970 */
  seen(hookId: string, key: Uint8Array, now: number): Seen | undefined {
    const row = this.#db.get<{ delivery_id: string; body_hash: Uint8Array }>(
      'SELECT delivery_id, body_hash FROM deliveries_seen WHERE hook_id = ? AND key = ? AND expires_at > ?',
      hookId,
      key,
      now,
    );
    return row && { deliveryId: row.delivery_id, bodyHash: row.body_hash };
  }

  remember(
    hookId: string,
    key: Uint8Array,
    seen: Seen & { readonly at: number; readonly until: number },
  ): void {
    this.#db.run(
      `INSERT INTO deliveries_seen (hook_id, key, body_hash, delivery_id, seen_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET body_hash = excluded.body_hash, delivery_id = excluded.delivery_id,
       seen_at = excluded.seen_at, expires_at = excluded.expires_at`,
      hookId,
      key,
      seen.bodyHash,
      seen.deliveryId,
      seen.at,
      seen.until,
    );
  }

  countRepeat(id: string): void {
    this.#db.run('UPDATE deliveries SET repeats = repeats + 1 WHERE id = ?', id);
  }

  /**
   * Lets go what is old or too many: bodies, then rows, then what was seen.
   * @param keep ages in milliseconds, counts for each hook
   * @returns how many rows went
   */
  letGo(
    now: number,
    keep: {
      readonly bodyMs: number;
      readonly bodies: number;
      readonly rowMs: number;
      readonly rows: number;
      readonly seen: number;
    },
  ): number {
    return this.#db.transaction(() => {
      const over = (table: string, count: number): string =>
        `SELECT number FROM (SELECT number, row_number() OVER (PARTITION BY hook_id ORDER BY number DESC) AS place
         FROM ${table}) WHERE place > ${count}`;
      this.#db.run(
        `UPDATE deliveries SET body = NULL WHERE body IS NOT NULL AND state <> 'pending' AND (received_at < ?
         OR number IN (${over('deliveries', keep.bodies)}))`,
        now - keep.bodyMs,
      );
      const rows = this.#db.run(
        `DELETE FROM deliveries WHERE state <> 'pending' AND (received_at < ?
         OR number IN (${over('deliveries', keep.rows)}))`,
        now - keep.rowMs,
      );
      const seen = this.#db.run(
        `DELETE FROM deliveries_seen WHERE expires_at <= ? OR (hook_id, key) IN (SELECT hook_id, key FROM
         (SELECT hook_id, key, row_number() OVER (PARTITION BY hook_id ORDER BY seen_at DESC) AS place
         FROM deliveries_seen) WHERE place > ?)`,
        now,
        keep.seen,
      );
      return rows + seen;
    });
  }
}

function parsed(row: Record<string, unknown>): DeliveryRow {
  const json = (key: string): unknown => (row[key] === null ? null : JSON.parse(row[key] as string));
  return {
    ...row,
    headers: json('headers'),
    kept: row['kept'] === 1,
    wish: json('wish'),
    reason: json('reason'),
  } as DeliveryRow;
}

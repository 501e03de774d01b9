import type { Redactors } from '../redaction/redactors.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';
import { randomBytes } from 'node:crypto';

/** Something that happened, as the journal's triggers wrote it down. */
export interface OutgoingEventRow {
  readonly id: number;
  readonly message: string;
  readonly at: number;
  readonly app_id: string;
  readonly type: string;
  readonly subject: string;
  readonly facts: string;
  /** null: not yet made, nor given to anybody. */
  readonly body: string | null;
}

export type DeliveryState = 'waiting' | 'delivered' | 'dead' | 'superseded';

/** One event on its way to one receiver. */
export interface DeliveryRow {
  readonly number: number;
  readonly id: string;
  readonly event_id: number;
  readonly app_id: string;
  /** null: it is a commit status. */
  readonly endpoint_id: string | null;
  readonly target: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly next_at: number;
  readonly status: number | null;
  readonly answer: string | null;
  readonly answered_at: number | null;
  readonly created_at: number;
}

export type ShownDelivery = DeliveryRow & Pick<OutgoingEventRow, 'message' | 'type'>;

export interface NewDelivery {
  readonly endpointId: string | null;
  readonly target: string;
  /** What still waits for this target is of no use any more. */
  readonly newestOnly?: boolean;
}

const SHOWN = `SELECT outgoing_deliveries.*, message, type FROM outgoing_deliveries
  JOIN outgoing_events ON outgoing_events.id = event_id`;

/** Characters of an answer that are kept. */
const ANSWER_LENGTH = 2_000;

/** What is to be told to others: events, and each one's way to each receiver. */
export class OutgoingQueue {
  readonly #db: Database;
  readonly #redactors: Pick<Redactors, 'of'>;

  constructor(db: Database, redactors: Pick<Redactors, 'of'>) {
    this.#db = db;
    this.#redactors = redactors;
  }

  event(id: number): OutgoingEventRow | undefined {
    return this.#db.get<OutgoingEventRow>('SELECT * FROM outgoing_events WHERE id = ?', id);
  }

  /** Events that nobody has been found for yet, oldest first. */
  fresh(limit: number): OutgoingEventRow[] {
    return this.#db.all<OutgoingEventRow>(
      'SELECT * FROM outgoing_events WHERE body IS NULL ORDER BY id LIMIT ?',
      limit,
    );
  }

  /** An event that no change in the journal made. */
  say(appId: string, type: string, subject: string): void {
    this.#db.run(
      `INSERT INTO outgoing_events (message, at, app_id, type, subject, facts) VALUES (?, ?, ?, ?, ?, '{}')`,
      `msg_${randomBytes(12).toString('hex')}`,
      Date.now(),
      appId,
      type,
      subject,
    );
  }

  /** Puts an event on its ways; one that is for nobody is forgotten. */
  distribute(event: OutgoingEventRow, body: string, ways: readonly NewDelivery[]): void {
    this.#db.transaction(() => {
      if (ways.length === 0) {
        this.#db.run('DELETE FROM outgoing_events WHERE id = ?', event.id);
        return;
      }
      this.#db.run('UPDATE outgoing_events SET body = ? WHERE id = ?', body, event.id);
      for (const way of ways) this.#send(event, way);
    });
  }

  /** Once more, with a number of its own. Of a commit's status only the newest, as an older one would overwrite it. */
  again({ endpoint_id: endpointId, target, event_id }: DeliveryRow): ShownDelivery {
    const newest = this.#db.get<{ id: number }>(
      'SELECT max(event_id) AS id FROM outgoing_deliveries WHERE target = ?',
      target,
    );
    const event = this.event(endpointId === null && newest ? newest.id : event_id);
    if (!event) throw new Error(`no outgoing event ${event_id}`);
    return this.byId(this.#send(event, { endpointId, target })) as ShownDelivery;
  }

  #send(event: OutgoingEventRow, { endpointId, target, newestOnly = false }: NewDelivery): string {
    const id = newId();
    const now = Date.now();
    if (newestOnly) {
      const sql = `UPDATE outgoing_deliveries SET state = 'superseded' WHERE target = ? AND state = 'waiting'`;
      this.#db.run(sql, target);
    }
    this.#db.run(
      `INSERT INTO outgoing_deliveries (id, event_id, app_id, endpoint_id, target, state, next_at, created_at)
       VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?)`,
      id,
      event.id,
      event.app_id,
      endpointId,
      target,
      now,
      now,
    );
    return id;
  }

  /** The oldest that is due of each target that is not busy. */
  due(now: number, busy: ReadonlySet<string>): DeliveryRow[] {
    return this.#db
      .all<DeliveryRow>(
        `SELECT * FROM outgoing_deliveries WHERE number IN (
           SELECT min(number) FROM outgoing_deliveries WHERE state = 'waiting' AND next_at <= ? GROUP BY target
         ) ORDER BY next_at, number`,
        now,
      )
      .filter(({ target }) => !busy.has(target));
  }

  /** When the next one is due, in milliseconds since 1970; undefined: none waits. */
  nextAt(): number | undefined {
    const row = this.#db.get<{ at: number | null }>(
      `SELECT min(next_at) AS at FROM outgoing_deliveries WHERE state = 'waiting'`,
    );
    return row?.at ?? undefined;
  }

  /** How an attempt went. One that something newer took over meanwhile stays superseded unless it arrived. */
  attempted(
    { number, app_id: appId }: Pick<DeliveryRow, 'number' | 'app_id'>,
    went: {
      readonly state: DeliveryState;
      readonly status: number | undefined;
      readonly answer: string;
      readonly nextAt: number;
    },
  ): void {
    this.#db.run(
      `UPDATE outgoing_deliveries SET attempts = attempts + 1, status = ?, answer = ?, answered_at = ?, next_at = ?,
       state = CASE WHEN state = 'superseded' AND ? <> 'delivered' THEN state ELSE ? END WHERE number = ?`,
      went.status ?? null,
      // Cut only then, as of half a secret nobody can tell that it is one.
      this.#redactors.of(appId).text(went.answer).slice(0, ANSWER_LENGTH),
      Date.now(),
      went.nextAt,
      went.state,
      went.state,
      number,
    );
  }

  /** All that waits for an endpoint comes to nothing. */
  drop(endpointId: string): void {
    const sql = `UPDATE outgoing_deliveries SET state = 'dead' WHERE endpoint_id = ? AND state = 'waiting'`;
    this.#db.run(sql, endpointId);
  }

  byId(id: string): ShownDelivery | undefined {
    return this.#db.get<ShownDelivery>(`${SHOWN} WHERE outgoing_deliveries.id = ?`, id);
  }

  /** Newest first. */
  page(appId: string, below: number, limit: number): ShownDelivery[] {
    return this.#db.all<ShownDelivery>(
      `${SHOWN} WHERE outgoing_deliveries.app_id = ? AND number < ? ORDER BY number DESC LIMIT ?`,
      appId,
      below,
      limit,
    );
  }

  /**
   * What waits for longer than a message is worth, or behind too many others of its target, comes to nothing: a receiver
   * that hangs would let the journal grow for ever.
   * @param before milliseconds since 1970
   * @param most waiting messages of a target
   */
  giveUp(before: number, most: number): void {
    this.#db.run(
      `UPDATE outgoing_deliveries SET state = 'dead' WHERE state = 'waiting' AND (created_at < ? OR number IN (
         SELECT number FROM (SELECT number, row_number() OVER (PARTITION BY target ORDER BY number DESC) AS place
         FROM outgoing_deliveries WHERE state = 'waiting') WHERE place > ?))`,
      before,
      most,
    );
  }

  /** Forgets what nothing of is under way. @param before milliseconds since 1970. @returns how many events went */
  forget(before: number): number {
    return this.#db.run(
      `DELETE FROM outgoing_events WHERE at < ? AND body IS NOT NULL AND NOT EXISTS (
         SELECT 1 FROM outgoing_deliveries WHERE event_id = outgoing_events.id AND state = 'waiting')`,
      before,
    );
  }
}

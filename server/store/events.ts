import { redactAll } from '../../core/redaction/redact-all.ts';
import { askedFrom } from '../asked-from.ts';
import type { Redactors } from '../redaction/redactors.ts';
import { readAnchor, retireEvents } from './audit-retention.ts';
import {
  type Anchor,
  BROKEN,
  type ChainHead,
  type EventRow,
  headMac,
  rowMac,
  SEALED,
  START,
} from './audit-chain.ts';
import type { Database } from './database.ts';
import { type People, ROOT } from './people.ts';
import type { WrappedKeys } from './wrapped-keys.ts';

export type SealedRow = EventRow & { mac: Uint8Array | null };

/** Which rows are asked for; what is absent does not matter. */
export interface EventFilter {
  readonly appId?: string | undefined;
  /** Names, as they were when it happened. */
  readonly app?: string | undefined;
  readonly person?: string | undefined;
  /** `build.create`, or `build` for all of that topic. */
  readonly action?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
}

const HEAD = 'audit_head';

/**
 * What people did, in order; never changed, and only taken away by its age (audit-retention.ts). Each row carries a mac over
 * the one before (audit-chain.ts), by a key that is made once and wrapped by the master key, so that who can only write the
 * file cannot rewrite what happened.
 */
export class Events {
  readonly #db: Database;
  readonly #keys: WrappedKeys;
  readonly #people: Pick<People, 'nameOf'>;
  #key: Uint8Array | undefined;
  readonly #redactors: Redactors;

  constructor(db: Database, keys: WrappedKeys, redactors: Redactors, people: Pick<People, 'nameOf'>) {
    this.#db = db;
    this.#keys = keys;
    this.#people = people;
    this.#redactors = redactors;
  }

  /**
   * Seals what an older version wrote, once: together with the making of the key, so that whoever takes away what says
   * where the chain ends has nothing sealed anew.
   * @throws Error when the master key is not the one of this journal
   */
  open(): void {
    this.#db.transaction(() => {
      const isBegun = this.#keys.has('audit');
      this.#key = this.#keys.named('audit').bytes;
      if (isBegun) return;
      const rows = this.#db.all<SealedRow>('SELECT * FROM events ORDER BY id');
      let head = START;
      for (const row of rows) head = this.#seal(head, row);
      this.#end(head);
      // Said aloud, as whoever throws the key away, too, has the chain begun anew.
      if (rows.length > 0 || this.#hasPeople()) this.record(SEALED, null, null, { rows: rows.length });
    });
  }

  /** @param detail facts without secrets: names, numbers, keys, never values */
  record(
    action: string,
    personId: string | null,
    appId: string | null,
    detail: Record<string, unknown> = {},
  ): void {
    this.#db.transaction(() => {
      const head = this.#soundHead();
      const actor = personId === ROOT.id ? null : personId;
      const from = askedFrom(actor);
      const row: EventRow = {
        id: head.id + 1,
        at: Date.now(),
        person_id: personId,
        person: this.#personOf(personId, from?.via),
        app_id: appId,
        app: appId === null ? null : this.#nameOfApp(appId),
        action,
        detail: JSON.stringify(
          redactAll(appId === null ? this.#redactors.all : this.#redactors.of(appId), detail),
        ),
        via: from?.via ?? 'platform',
        address: from?.address ?? null,
        token: from?.credential ?? null,
      };
      this.#insert(row, rowMac(this.key, head.mac, row));
    });
  }

  /** Newest first, below a number. */
  page(filter: EventFilter, below: number, limit: number): SealedRow[] {
    const { appId = null, app = null, person = null, action = null, since = null } = filter;
    return this.#db.all<SealedRow>(
      `SELECT * FROM events WHERE id < ?1 AND (?2 IS NULL OR app_id = ?2) AND (?3 IS NULL OR app = ?3)
       AND (?4 IS NULL OR person = ?4) AND (?5 IS NULL OR action = ?5 OR substr(action, 1, length(?5) + 1) = ?5 || '.')
       AND (?6 IS NULL OR at >= ?6) ORDER BY id DESC LIMIT ?7`,
      below,
      appId,
      app,
      person,
      action,
      since,
      limit,
    );
  }

  /** Oldest first, above a number. */
  above(id: number, limit: number): SealedRow[] {
    return this.#db.all<SealedRow>('SELECT * FROM events WHERE id > ? ORDER BY id LIMIT ?', id, limit);
  }

  byNumber(id: number): SealedRow | undefined {
    return this.#db.get<SealedRow>('SELECT * FROM events WHERE id = ?', id);
  }

  /** Where the chain is said to end; undefined: what says so was changed. */
  head(): ChainHead | undefined {
    const said = this.#said();
    const [id = '', mac = '', seal = ''] = said?.split(':') ?? [];
    const head = { id: Number(id), mac: Buffer.from(mac, 'hex') };
    return headMac(this.key, head).equals(Buffer.from(seal, 'hex')) ? head : undefined;
  }

  /** Where the chain begins; undefined: at its first row. `changed`: what says so is not as it was written. */
  anchor(): Anchor | 'changed' | undefined {
    return readAnchor(this.#db, this.key);
  }

  /** Takes rows off its beginning that are older than this. @returns how many. @throws Error when the log was tampered with */
  retire(now: number, keepMs: number, most?: number): number {
    return retireEvents(this.#db, this, now, keepMs, most);
  }

  get key(): Uint8Array {
    if (this.#key === undefined) throw new Error('the journal of events is not open');
    return this.#key;
  }

  /** An end that was tampered with is not taken over in silence: the row that tells of it stays. */
  #soundHead(): ChainHead {
    const head = this.head();
    if (head) return head;
    const last = this.#db.get<SealedRow>('SELECT * FROM events ORDER BY id DESC LIMIT 1');
    const end = last === undefined ? START : { id: last.id, mac: Buffer.from(last.mac ?? START.mac) };
    const row: EventRow = {
      id: end.id + 1,
      at: Date.now(),
      person_id: null,
      person: null,
      app_id: null,
      app: null,
      action: BROKEN,
      detail: '{}',
      via: 'platform',
      address: null,
      token: null,
    };
    return this.#insert(row, rowMac(this.key, end.mac, row));
  }

  #insert(row: EventRow, mac: Buffer): ChainHead {
    this.#db.run(
      `INSERT INTO events (id, at, person_id, person, app_id, app, action, detail, via, address, token, mac)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.id,
      row.at,
      row.person_id,
      row.person,
      row.app_id,
      row.app,
      row.action,
      row.detail,
      row.via,
      row.address,
      row.token,
      mac,
    );
    return this.#end({ id: row.id, mac });
  }

  #seal(before: ChainHead, row: EventRow): ChainHead {
    const mac = rowMac(this.key, before.mac, row);
    this.#db.run('UPDATE events SET mac = ? WHERE id = ?', mac, row.id);
    return { id: row.id, mac };
  }

  #hasPeople(): boolean {
    return this.#db.get('SELECT 1 FROM people LIMIT 1') !== undefined;
  }

  #said(): string | undefined {
    return this.#db.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', HEAD)?.value;
  }

  #end(head: ChainHead): ChainHead {
    this.#db.run(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      HEAD,
      `${head.id}:${head.mac.toString('hex')}:${headMac(this.key, head).toString('hex')}`,
    );
    return head;
  }

  #personOf(id: string | null, via: string | undefined): string | null {
    if (id === ROOT.id || (id === null && via === 'machine')) return ROOT.name;
    return id === null ? null : this.#people.nameOf(id);
  }

  #nameOfApp(id: string): string | null {
    return this.#db.get<{ name: string }>('SELECT name FROM apps WHERE id = ?', id)?.name ?? null;
  }
}

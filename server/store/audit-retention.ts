import { type Anchor, anchorMac, BROKEN, rowMac, START } from './audit-chain.ts';
import type { Database } from './database.ts';
import type { Events, SealedRow } from './events.ts';

const ANCHOR = 'audit_anchor';
/** Each time leaves a row, so not at every look, in milliseconds. */
const EVERY_MS = 24 * 60 * 60 * 1000;
/** Rows of one time: some hundred milliseconds of work. */
export const RETIRED_AT_ONCE = 5_000;

/** What says up to which row retention has taken the log; `changed`: not as it was written. */
export function readAnchor(db: Database, key: Uint8Array): Anchor | 'changed' | undefined {
  const said = db.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', ANCHOR)?.value;
  if (said === undefined) return undefined;
  const [id = '', mac = '', at = '', seal = ''] = said.split(':');
  const anchor = { id: Number(id), mac: Buffer.from(mac, 'hex'), at: Number(at) };
  return anchorMac(key, anchor).equals(Buffer.from(seal, 'hex')) ? anchor : 'changed';
}

/**
 * Takes old rows off the beginning of the log. In their place stands an anchor, sealed by the key of the log: the chain
 * is verified from there on, and nobody without that key can pretend that rows were retired. A row says so, too.
 * @param now milliseconds since 1970
 * @returns how many rows went
 * @throws Error when a row is not as it was written: what shows that stays
 */
export function retireEvents(
  db: Database,
  events: Events,
  now: number,
  keepMs: number,
  most = RETIRED_AT_ONCE,
): number {
  return db.transaction(() => {
    const anchor = readAnchor(db, events.key);
    const head = events.head();
    if (anchor === 'changed' || head === undefined) throw unsound();
    const from = anchor ?? START;
    const upTo = Math.min(lastOld(db, now - keepMs) ?? head.id, from.id + most);
    const isAll = upTo - from.id < most;
    if (upTo <= from.id || (anchor && isAll && Math.abs(now - anchor.at) < EVERY_MS)) return 0;
    const last = checked(events, from, upTo);
    const rows = upTo - from.id;
    // Before the anchor: it is after all rows that go, and so is there when they are gone.
    events.record('audit.retire', null, null, { rows, upTo, until: new Date(last.at).toISOString() });
    putAnchor(db, events.key, { id: upTo, mac: Buffer.from(last.mac ?? START.mac), at: now });
    db.run('DELETE FROM events WHERE id <= ?', upTo);
    return rows;
  });
}

/** Below the first row that is young enough: a clock that was once ahead keeps rows, and takes none early. */
function lastOld(db: Database, before: number): number | undefined {
  const sql = 'SELECT id FROM events WHERE at >= ? ORDER BY id LIMIT 1';
  const young = db.get<{ id: number }>(sql, before);
  return young && young.id - 1;
}

/** @returns the last of them */
function checked(events: Events, from: { id: number; mac: Buffer }, upTo: number): SealedRow {
  // What somebody put before the beginning must not go with the rest.
  if (events.above(Number.MIN_SAFE_INTEGER, 1)[0]?.id !== from.id + 1) throw unsound();
  let before = from;
  let last: SealedRow | undefined;
  for (const row of events.above(from.id, upTo - from.id)) {
    const { mac } = row;
    if (row.id !== before.id + 1 || mac === null || !rowMac(events.key, before.mac, row).equals(mac)) {
      throw unsound();
    }
    // It is what tells that somebody had changed the end of the log.
    if (row.action === BROKEN) throw unsound();
    before = { id: row.id, mac: Buffer.from(mac) };
    last = row;
  }
  if (last?.id !== upTo) throw unsound();
  return last;
}

function putAnchor(db: Database, key: Uint8Array, anchor: Anchor): void {
  const said = [anchor.id, anchor.mac.toString('hex'), anchor.at, anchorMac(key, anchor).toString('hex')];
  db.run(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    ANCHOR,
    said.join(':'),
  );
}

function unsound(): Error {
  return new Error(
    'the audit log is not as it was written, so nothing of it is retired: sluice audit:verify',
  );
}

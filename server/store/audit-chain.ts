import { createHmac } from 'node:crypto';

/** A row of the journal of events, as it is chained. */
export interface EventRow {
  id: number;
  at: number;
  person_id: string | null;
  person: string | null;
  app_id: string | null;
  app: string | null;
  action: string;
  detail: string;
  via: string | null;
  address: string | null;
  token: string | null;
}

/** Where the chain ends. */
export interface ChainHead {
  /** Of the last row; 0: there is none. */
  readonly id: number;
  readonly mac: Buffer;
}

/** The last row that retention has taken, and when it did. */
export interface Anchor extends ChainHead {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The row that says that the end of the chain was found changed. */
export const BROKEN = 'audit.broken';
/** The row that says how many before it were there when the chain began. */
export const SEALED = 'audit.seal';

/** Before the first row. */
export const START: ChainHead = { id: 0, mac: Buffer.alloc(32) };

/**
 * HMAC-SHA-256 over the mac of the row before and everything in this one, as a JSON array: that has one reading, so no
 * two rows have the same text. Without the key nobody makes the mac of a row that they changed, and a row that is
 * taken out leaves the next one with a mac over something that is not there.
 */
export function rowMac(key: Uint8Array, before: Uint8Array, row: EventRow): Buffer {
  const { id, at, person_id, person, app_id, app, action, detail, via, address, token } = row;
  const said = ['row', Buffer.from(before).toString('hex'), id, at];
  const who = [person_id, person, via, address, token];
  return hmac(key, JSON.stringify([...said, ...who, app_id, app, action, detail]));
}

/** Over where the chain ends, so that rows cut off its end are missed. */
export function headMac(key: Uint8Array, { id, mac }: ChainHead): Buffer {
  return hmac(key, JSON.stringify(['head', id, mac.toString('hex')]));
}

/** Over where the chain begins, so that nobody else can take rows off its beginning. */
export function anchorMac(key: Uint8Array, { id, mac, at }: Anchor): Buffer {
  return hmac(key, JSON.stringify(['anchor', id, mac.toString('hex'), at]));
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** `N:HASH`, to be noted outside of the platform. */
export function headText({ id, mac }: ChainHead): string {
  return `${id}:${mac.toString('hex')}`;
}

import { setImmediate as breathe } from 'node:timers/promises';
import { type Anchor, BROKEN, type ChainHead, rowMac, SEALED, START } from './audit-chain.ts';
import type { Events, SealedRow } from './events.ts';

/** Rows between two breaths of the server: some milliseconds of work. */
const STEP = 1_000;

/** No row that was written has a number as low as this. */
const LOWEST = Number.MIN_SAFE_INTEGER;

export interface Fault {
  /** The first row that is not as it was written. */
  readonly row: number;
  readonly kind: 'changed' | 'missing' | 'cut' | 'head' | 'rewritten' | 'retired';
  readonly message: string;
}

export interface Verification {
  readonly rows: number;
  /** Of the last row that is as it was written. */
  readonly head: ChainHead;
  readonly fault: Fault | undefined;
  /** Where retention has taken rows off its beginning. */
  readonly anchor: Anchor | undefined;
  /** Where rows were sealed that had been there before the chain: by a first start, or by who threw its key away. */
  readonly sealed: { readonly row: number; readonly at: number } | undefined;
}

/**
 * Walks the chain from its first row, or from where retention has taken it.
 * @param noted a head that was noted outside: even who has the key cannot have the log end before it, or differ
 */
export async function verifyEvents(events: Events, noted?: ChainHead): Promise<Verification> {
  const from = events.anchor();
  const found = await verifyFrom(events, from, noted);
  // Rows that were retired meanwhile look as if somebody had removed them.
  return found.fault === undefined || isSame(from, events.anchor()) ? found : verifyEvents(events, noted);
}

function isSame(one: ReturnType<Events['anchor']>, other: ReturnType<Events['anchor']>): boolean {
  return typeof one === 'object' && typeof other === 'object' ? one.id === other.id : one === other;
}

async function verifyFrom(
  events: Events,
  anchor: ReturnType<Events['anchor']>,
  noted: ChainHead | undefined,
): Promise<Verification> {
  // Rows that come meanwhile are not looked for.
  const said = events.head();
  let before: ChainHead = anchor === undefined || anchor === 'changed' ? START : anchor;
  let rows = 0;
  let sealed: Verification['sealed'];
  const ended = (found: Fault | undefined): Verification => ({
    rows,
    head: { id: before.id, mac: before.mac },
    fault: found,
    anchor: anchor === 'changed' ? undefined : anchor,
    sealed,
  });
  if (anchor === 'changed') {
    return ended(fault('head', 1, 'what says which rows retention has taken away was changed'));
  }
  // Also what somebody put before the beginning.
  for (let above = LOWEST; ; above = before.id) {
    const page = events.above(above, STEP);
    for (const row of page) {
      const found = faultOf(events.key, before, row) ?? unlike(row, noted);
      if (found) return ended(found);
      before = { id: row.id, mac: Buffer.from(row.mac ?? START.mac) };
      rows += 1;
      if (row.action === SEALED) sealed = { row: row.id, at: row.at };
    }
    if (page.length < STEP) break;
    await breathe();
  }
  return ended(faultOfEnd(before, said, noted) ?? faultOfNoted(anchor, noted));
}

function faultOf(key: Uint8Array, before: ChainHead, row: SealedRow): Fault | undefined {
  if (row.id <= before.id) return fault('changed', row.id, `row ${row.id} was put in before the first one`);
  if (row.id !== before.id + 1) return missing(before.id + 1, row.id - 1);
  if (row.mac === null || !rowMac(key, before.mac, row).equals(row.mac)) {
    return fault('changed', row.id, `row ${row.id} is not as it was written, or not in its place`);
  }
  if (row.action === BROKEN) {
    return fault('head', row.id, `before row ${row.id} was written, the end of the log had been changed`);
  }
  return undefined;
}

function unlike(row: Pick<SealedRow, 'id' | 'mac'>, noted: ChainHead | undefined): Fault | undefined {
  if (row.id !== noted?.id || noted.mac.equals(row.mac ?? START.mac)) return undefined;
  return fault(
    'rewritten',
    row.id,
    `row ${row.id}, or one before it, is not what it was when the head was noted`,
  );
}

function faultOfEnd(
  last: ChainHead,
  said: ChainHead | undefined,
  noted: ChainHead | undefined,
): Fault | undefined {
  const least = Math.max(said?.id ?? 0, noted?.id ?? 0);
  if (least > last.id) return { ...missing(last.id + 1, least), kind: 'cut' };
  if (said === undefined) {
    return fault('head', last.id, 'what says where the log ends was changed: rows may be missing at its end');
  }
  return undefined;
}

/** A head that was noted and is of a row that is gone says nothing any more, unless it is that of the last of these. */
function faultOfNoted(anchor: Anchor | undefined, noted: ChainHead | undefined): Fault | undefined {
  if (anchor === undefined || noted === undefined || noted.id > anchor.id) return undefined;
  if (noted.id === anchor.id) return unlike({ ...noted, mac: anchor.mac }, noted);
  const day = new Date(anchor.at).toISOString().slice(0, 10);
  return fault(
    'retired',
    noted.id,
    `rows 1 to ${anchor.id} were retired on ${day} by retention, and row ${noted.id} with them`,
  );
}

function missing(from: number, to: number): Fault {
  return fault('missing', from, from === to ? `row ${from} is missing` : `rows ${from} to ${to} are missing`);
}

function fault(kind: Fault['kind'], row: number, message: string): Fault {
  return { kind, row, message };
}

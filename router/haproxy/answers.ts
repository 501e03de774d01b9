import { NO_LATENCY } from '../../core/canary/latency.ts';
import { LATENCY_TABLE } from '../config/latency.ts';
import { isSlot } from '../routing/table.ts';

/** Readers of what HAProxy's runtime API answers. */

/** Running totals of one slot since its process started. */
export interface SlotStat {
  /** Requests that were answered, or broken off. */
  readonly requests: number;
  readonly errors5xx: number;
  /** Answers that the replica broke off. */
  readonly aborts: number;
  /** Requests for which no replica took a connection: HAProxy's page is no answer, and in neither number above. */
  readonly unreached: number;
  /** The part of `errors5xx` that HAProxy said as the replica closed its connection instead of answering, or sent no HTTP. */
  readonly broken: number;
  /**
   * Requests that came in and are gone, yet among no other number: the replica closed the connection instead of
   * answering. HAProxy says 502 to that, and counts it, only of the first request of a client's connection; of a later
   * one (nearly all of HTTP/2) it closes without a word, so that the client sends it again (http_ana.c, TX_NOT_FIRST).
   * Read while requests begin and end, so it may be too high or too low by as many for a moment.
   */
  readonly unanswered: number;
  /** Requests and upgraded connections open now. */
  readonly active: number;
}

export const SHOW_SLOTS = 'show stat -1 2 -1';

/** Answers of one slot by bucket, since its process started. */
export type LatencyStat = readonly number[];

export const SHOW_LATENCY = `show table ${LATENCY_TABLE}`;

const KEY = ' key=';
const COUNT = ' gpc0=';
const COLUMNS = ['req_tot', 'hrsp_5xx', 'srv_abrt', 'scur', 'stot', 'econ', 'eresp'] as const;
const COMMA = 44;

/**
 * `show stat` of all backends, the rows of slots: name → numbers. With thousands of slots it is half a megabyte each
 * second, so only the cells that are needed are cut out of it.
 * @param wanted slots whose rows are read; without: all
 */
export function readSlots(answer: string, wanted?: { has(slot: string): boolean }): Map<string, SlotStat> {
  const headEnd = lineEnd(answer, 0);
  const positions = columnPositions(answer.slice(0, headEnd));
  const slots = new Map<string, SlotStat>();
  for (let start = headEnd + 1, end; start < answer.length; start = end + 1) {
    end = lineEnd(answer, start);
    const name = answer.slice(start, answer.indexOf(',', start));
    if (wanted === undefined ? isSlot(name) : wanted.has(name)) {
      const [ended, all5xx, aborts, active, begun, unreached, broken] = readRow(
        answer,
        start,
        end,
        positions,
      );
      slots.set(name, {
        // HAProxy counts the failed connection before the page that it answers with.
        requests: Math.max(0, ended - unreached),
        errors5xx: Math.max(0, all5xx - unreached),
        aborts,
        unreached,
        broken,
        active,
        unanswered: begun - active - ended,
      });
    }
  }
  return slots;
}

type Row = [
  ended: number,
  all5xx: number,
  aborts: number,
  active: number,
  begun: number,
  unreached: number,
  broken: number,
];

function readRow(text: string, start: number, end: number, positions: readonly (number | undefined)[]): Row {
  const row: Row = [0, 0, 0, 0, 0, 0, 0];
  let column = 0;
  for (let from = start, at = start; at <= end && column < positions.length; at += 1) {
    if (at < end && text.charCodeAt(at) !== COMMA) continue;
    const cell = positions[column];
    if (cell !== undefined) row[cell] = Number(text.slice(from, at));
    column += 1;
    from = at + 1;
  }
  return row;
}

export const SHOW_SERVERS = 'show stat -1 4 -1';

/** `show stat` of all servers: slot → server → requests that are open on it, where there are any. */
export function readOpen(answer: string): Map<string, Map<string, number>> {
  const [head = '', ...rows] = answer.split('\n');
  const names = head.replace(/^# /, '').split(',');
  const [slotAt, serverAt, openAt] = ['pxname', 'svname', 'scur'].map((name) => names.indexOf(name));
  const open = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const cells = row.split(',');
    const [slot = '', server = ''] = [cells[slotAt as number], cells[serverAt as number]];
    const count = Number(cells[openAt as number] ?? 0);
    if (!isSlot(slot) || count === 0) continue;
    open.set(slot, (open.get(slot) ?? new Map<string, number>()).set(server, count));
  }
  return open;
}

/** Column → which of COLUMNS it is. */
function columnPositions(head: string): (number | undefined)[] {
  const names = head.replace(/^# /, '').split(',');
  const positions: (number | undefined)[] = [];
  for (const [index, name] of COLUMNS.entries()) {
    const at = names.indexOf(name);
    if (at === -1) throw new Error(`HAProxy's statistics have no column ${name}`);
    positions[at] = index;
  }
  return positions;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/**
 * `show table` of the latency counters: slot → answers by bucket. Empty where there is no such table, as in a HAProxy
 * of an older router.
 */
export function readLatencies(answer: string): Map<string, LatencyStat> {
  const slots = new Map<string, number[]>();
  for (let key = answer.indexOf(KEY); key !== -1; key = answer.indexOf(KEY, key)) {
    const dot = answer.indexOf('.', key);
    const count = answer.indexOf(COUNT, dot);
    if (dot === -1 || count === -1) break;
    const end = lineEnd(answer, count);
    const slot = answer.slice(key + KEY.length, dot);
    const buckets = slots.get(slot) ?? [...NO_LATENCY];
    slots.set(slot, buckets);
    const bucket = Number.parseInt(answer.slice(dot + 1, dot + 3), 10);
    if (bucket in buckets) buckets[bucket] = Number(answer.slice(count + COUNT.length, end));
    key = end;
  }
  return slots;
}

/** `show map`: key → value. */
export function readMap(answer: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of answer.split('\n')) {
    const [, key, value] = line.split(' ');
    if (key !== undefined && value !== undefined) entries.set(key, value);
  }
  return entries;
}

/** `show servers state`: slot → server → does it take requests? */
export function readServers(answer: string): Map<string, Map<string, 'ready' | 'leaving'>> {
  const slots = new Map<string, Map<string, 'ready' | 'leaving'>>();
  for (const line of answer.split('\n')) {
    const [, backend, , server, , , adminState] = line.split(' ');
    if (backend === undefined || !isSlot(backend) || server === undefined) continue;
    const servers = slots.get(backend) ?? new Map<string, 'ready' | 'leaving'>();
    servers.set(server, adminState === '0' ? 'ready' : 'leaving');
    slots.set(backend, servers);
  }
  return slots;
}

/** `show info`: field → value. */
export function readInfo(answer: string): Map<string, string> {
  return new Map(
    answer.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
}

import type { Cluster } from '../api/cluster.ts';
import { ClusterRefused } from '../api/errors.ts';
import { LineCutter, parseStamped, type StampedLine } from '../../logs/log-lines.ts';
import { CONTAINER } from './objects/pod-spec.ts';
import type { PodFacts } from './pod-facts.ts';

export interface PodPlace {
  readonly namespace: string;
  readonly name: string;
}

export interface LogRange {
  /** Lines from the end; absent: all. */
  readonly tail?: number;
  /** Only what was written after the line with this time. */
  readonly after?: string;
  /** Goes on until the container ends. */
  readonly follow?: boolean;
  /** Of the life before this one. */
  readonly previous?: boolean;
  readonly signal?: AbortSignal;
}

const NEVER = new AbortController().signal;

/** What one life of a pod's container wrote, oldest first; its output and errors are one log. */
export async function* podLog(
  cluster: Cluster,
  { namespace, name }: PodPlace,
  range: LogRange,
): AsyncGenerator<StampedLine> {
  const query = {
    container: CONTAINER,
    timestamps: 'true',
    ...(range.tail === undefined ? {} : { tailLines: String(range.tail) }),
    ...(range.after === undefined ? {} : { sinceTime: wholeSecond(range.after) }),
    ...(range.follow === true ? { follow: 'true' } : {}),
    ...(range.previous === true ? { previous: 'true' } : {}),
  };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/log`;
  const cutter = new LineCutter();
  try {
    const stream = await cluster.stream(path, query, range.signal ?? NEVER);
    for await (const chunk of stream) {
      for (const text of cutter.push(chunk as Buffer)) yield* stamped(text, range.after);
    }
    yield* stamped(cutter.rest(), range.after);
  } catch (error) {
    if (range.signal?.aborted !== true) throw error;
  }
}

/** The pod or that life of it is gone, or it has not started. */
export function hasNoLog(error: unknown): boolean {
  return error instanceof ClusterRefused && [400, 404, 410].includes(error.status);
}

/** The API's `since` knows whole seconds only, so what came before in that second is dropped here. */
function wholeSecond(stamp: string): string {
  return `${new Date(Date.parse(stamp)).toISOString().slice(0, 19)}Z`;
}

function* stamped(text: string, after: string | undefined): Generator<StampedLine> {
  const parsed = parseStamped(text);
  if (parsed === undefined) return;
  const line = { ...parsed, stamp: comparable(parsed.stamp) };
  if (after === undefined || line.stamp > after) yield line;
}

const UTC_NANOSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;

/** A node writes times in its own zone; as text they must sort as times. */
export function comparable(stamp: string): string {
  if (UTC_NANOSECONDS.test(stamp)) return stamp;
  const nanoseconds = (/\.(\d{1,9})/.exec(stamp)?.[1] ?? '').padEnd(9, '0');
  return `${new Date(Date.parse(stamp)).toISOString().slice(0, 19)}.${nanoseconds}Z`;
}

const LAST_LINES = 20;
const LONGEST_SHOWN = 500;

/**
 * The last lines of the life of which `facts` say how it ended, oldest first; none when the cluster does not give them. A
 * life can only be asked for as the one now or the one before, and the cluster begins the next one at once, before it
 * says so: what is read as the one now may already be that.
 */
export async function lastLines(
  cluster: Cluster,
  place: PodPlace,
  facts: Pick<PodFacts, 'phase' | 'restarts' | 'startedAt'>,
): Promise<string[]> {
  const now = facts.phase === 'running' ? [] : await tail(cluster, place, false);
  const before = await tail(cluster, place, true);
  const lines = before !== undefined && endedBefore(facts, before) ? before : now;
  return (lines ?? []).map(({ text }) =>
    text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text,
  );
}

/** Whether what the life before the one now wrote is what the life that ended wrote. */
function endedBefore(
  { phase, restarts, startedAt }: Pick<PodFacts, 'phase' | 'restarts' | 'startedAt'>,
  lines: readonly StampedLine[],
): boolean {
  if (phase === 'running' || restarts === 0) return true;
  // The cluster tells whole seconds. One that ends within its first is not started again at once, unless it is the first.
  const last = lines.at(-1);
  return last !== undefined && Date.parse(last.stamp) >= startedAt + 1_000;
}

/** @returns undefined when there is no such life, or the cluster does not say: lines only explain */
async function tail(
  cluster: Cluster,
  place: PodPlace,
  previous: boolean,
): Promise<StampedLine[] | undefined> {
  const lines: StampedLine[] = [];
  try {
    for await (const line of podLog(cluster, place, { tail: LAST_LINES, previous })) lines.push(line);
    return lines;
  } catch {
    return undefined;
  }
}

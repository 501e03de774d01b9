import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../api/cluster.ts';
import { ClusterRefused } from '../api/errors.ts';
import { hasEnded, hasStarted, isOver } from './job-state.ts';
import type { JobWatch } from './job-watch.ts';
import { readRecord } from './records.ts';
import type { JobEnd, JobRecord } from './records.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_000;
/** Milliseconds without a byte after which the connection is made anew: it may lead nowhere. */
const SILENCE_MS = 120_000;
/** Lines that are no records, kept to be shown. */
const MOST_WORDS = 10;

/** What a container said, to its end. */
export interface Heard {
  /** Absent: it ended without saying how. */
  readonly end?: { readonly how: JobEnd; readonly bytes: number };
  /** Its last lines that are no records: of a program that broke. */
  readonly words: readonly string[];
}

/**
 * Reads the records of one container, each once and in order, over broken connections and an API server that is away.
 * @param take is awaited before more is read
 * @throws the signal's reason, and what `take` throws
 */
export async function followLog(
  cluster: Cluster,
  watch: JobWatch,
  namespace: string,
  container: string,
  take: (record: JobRecord) => Promise<void>,
  signal: AbortSignal,
): Promise<Heard> {
  let next = 0;
  let words: string[] = [];
  await watch.until((state) => hasStarted(state.pod, container) || isOver(state) || undefined, signal);
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
    const { pod } = watch.state;
    const whole = hasEnded(pod, container) || isOver(watch.state);
    const name = pod?.metadata?.name;
    if (name === undefined || (whole && !hasStarted(pod, container))) return { words };
    words = [];
    try {
      for await (const line of lines(
        cluster,
        `/api/v1/namespaces/${namespace}/pods/${name}/log`,
        container,
        signal,
      )) {
        const record = readRecord(line);
        if (record === undefined) words = [...words, line].slice(-MOST_WORDS);
        else if (record.n >= next) {
          wait = FIRST_PAUSE_MS;
          await takeOne(record, take);
          next = record.n + 1;
          if ('end' in record) return { end: { how: record.end, bytes: record.o }, words };
        }
      }
      if (whole) return { words };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TakeFailed) throw error.cause;
      // Gone with its pod, or not to be had any more: what it would have said is not known.
      if (whole && error instanceof ClusterRefused) return { words };
    }
    await pause(wait, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

class TakeFailed extends Error {}

async function takeOne(record: JobRecord, take: (record: JobRecord) => Promise<void>): Promise<void> {
  try {
    await take(record);
  } catch (cause) {
    throw new TakeFailed('the record was not taken', { cause });
  }
}

async function* lines(
  cluster: Cluster,
  path: string,
  container: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const response = await cluster.stream(path, { container, follow: 'true' }, signal);
  let broken: Error | undefined;
  response.on('error', (error) => (broken = error));
  response.setTimeout(SILENCE_MS, () => response.destroy(new Error('the log has fallen silent')));
  try {
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
      yield line;
    }
  } finally {
    response.destroy();
  }
  if (broken !== undefined) throw broken;
}

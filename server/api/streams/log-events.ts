import type { LogLine } from '../../../engines/port.ts';
import { Refusal } from '../../../core/reason.ts';
import { iso } from '../present/time.ts';
import type { EventStream } from './event-stream.ts';

/** Where a log line stands: its millisecond, and how many of that millisecond came up to it. */
interface Place {
  readonly at: number;
  readonly count: number;
}

/** @throws Refusal 422 `event_id_invalid` */
export function placeOf(lastEventId: string): Place {
  const [, at, count] = /^(\d{1,15})-(\d{1,9})$/.exec(lastEventId) ?? [];
  if (at !== undefined && count !== undefined) return { at: Number(at), count: Number(count) };
  throw new Refusal(
    422,
    'event_id_invalid',
    'this Last-Event-ID is none of a log line',
    'leave it out to begin with the newest lines',
  );
}

/** Log lines as events, without those up to `last`. */
export async function sendLogEvents(
  lines: AsyncIterable<LogLine>,
  last: Place | undefined,
  out: EventStream,
  stopping: AbortSignal,
): Promise<void> {
  try {
    await send(lines, last, out);
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
  out.end();
}

async function send(lines: AsyncIterable<LogLine>, last: Place | undefined, out: EventStream): Promise<void> {
  let [at, count] = [0, 0];
  for await (const line of lines) {
    count = line.at === at ? count + 1 : 1;
    at = line.at;
    if (last && (at < last.at || (at === last.at && count <= last.count))) continue;
    const { release, source, text } = line;
    await out.send(`${at}-${count}`, 'log', { at: iso(at), release, source, text });
  }
}

import type { Readable } from 'node:stream';
import type { EventStream } from './event-stream.ts';

/** A line longer than this is sent in pieces. */
const LONGEST = 64 * 1024;
const NEW_LINE = 10;

/**
 * A build's log as events of whole lines, each with the offset behind it as its id, then one `end`, unless it was the
 * server that ended it. The id is what `?offset=` takes, too.
 */
export async function sendBuildLogEvents(
  log: Readable,
  offset: number,
  out: EventStream,
  stopping: AbortSignal,
): Promise<void> {
  let at = offset;
  let held: Buffer = Buffer.alloc(0);
  const send = async (bytes: Buffer): Promise<void> => {
    at += bytes.length;
    await out.send(String(at), 'log', { text: bytes.toString() });
  };
  for await (const chunk of log as AsyncIterable<Buffer>) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const whole = held.lastIndexOf(NEW_LINE) + 1 || (held.length >= LONGEST ? held.length : 0);
    if (whole === 0) continue;
    await send(held.subarray(0, whole));
    held = held.subarray(whole);
  }
  if (held.length > 0 && !stopping.aborted) await send(held);
  if (!stopping.aborted) await out.send(String(at), 'end', { text: '' });
  out.end();
}

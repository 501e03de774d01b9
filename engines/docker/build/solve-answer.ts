import type { Readable } from 'node:stream';
import type { SolveResult } from '../../build/build-kit.ts';
import { lineBatches } from '../../build/json-lines.ts';
import { decodeTrace } from '../../build/log/trace.ts';
import type { Trace } from '../../build/log/trace.ts';

/**
 * Before BuildKit 0.10 (Docker Engine 23) the progress is lost once more than 1 MiB of output has waited to be sent, as it
 * does when a step writes faster than that is sent on: what has waited is sent, then empty messages for ever, and the end
 * never comes. A message of a build that is well holds something.
 */
const OVERFULL_BYTES = 1024 * 1024;
const MOST_EMPTY = 1_000;
const TRACE = Buffer.from('{"id":"moby.buildkit.trace","aux":"');

/**
 * Reads what the engine answers to a question for a build. It stays open when it is stuck.
 * @returns 'stuck' when there is no end to it; the work may go on
 */
export async function readAnswer(
  answer: Readable,
  signal: AbortSignal,
  output: (traces: readonly Trace[]) => Promise<void>,
): Promise<SolveResult | 'stuck'> {
  let result: SolveResult | undefined;
  let empty = 0;
  let overfull = false;
  for await (const lines of lineBatches(answer.iterator({ destroyOnReturn: false }))) {
    const traces: Trace[] = [];
    for (const line of lines) {
      if (line.subarray(0, TRACE.length).equals(TRACE)) {
        const message = line.toString('latin1', TRACE.length, line.lastIndexOf(0x22));
        empty = message === '' ? empty + 1 : 0;
        if (message === '') continue;
        const trace = decodeTrace(Buffer.from(message, 'base64'));
        overfull ||= trace.logs.reduce((sum, { bytes }) => sum + bytes.length, 0) > OVERFULL_BYTES;
        traces.push(trace);
      } else result = readResult(line) ?? result;
    }
    // Once it is to stop nobody waits for its words, and a reader that is away must not hold it.
    if (traces.length > 0 && !signal.aborted) await output(traces);
    if (empty > (overfull ? 0 : MOST_EMPTY)) return 'stuck';
  }
  if (result === undefined) throw new Error('the build ended without a result');
  return result;
}

function readResult(line: Buffer): SolveResult | undefined {
  const text = line.toString('utf8').trim();
  if (text === '') return undefined;
  const message = JSON.parse(text) as { id?: string; aux?: { ID?: string }; error?: string };
  if (message.error !== undefined) return { error: message.error };
  if (message.id === 'moby.image.id' && message.aux?.ID !== undefined) return { image: message.aux.ID };
  return undefined;
}

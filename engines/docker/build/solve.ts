import { setTimeout } from 'node:timers/promises';
import { EngineUnreachable } from './engine.ts';
import type { Engine } from './engine.ts';
import { lineBatches } from './json-lines.ts';
import { decodeTrace } from './log/trace.ts';
import type { Trace } from './log/trace.ts';
import { engineMessage, engineStatus } from '../client.ts';

/** How long a cancelled solve may take to stop before its connection is cut, which stops it as well. */
const CANCEL_MS = 10_000;
const CANCEL_AGAIN_MS = 250;

/**
 * After much output the progress of dockerd 20.10's BuildKit can turn in a circle: it sends empty messages for ever, and
 * the end never comes (1 of 6 builds with 2 MB of output). The work is done by then: asked again, it comes out of the
 * cache. A message of a build that is well holds something.
 */
const MOST_EMPTY = 1_000;

const TRACE = Buffer.from('{"id":"moby.buildkit.trace","aux":"');

export type SolveResult =
  | { readonly image: string }
  | { readonly error: string }
  /** The signal stopped it; nothing of it runs any more. */
  | { readonly stopped: true };

export interface SolveRequest {
  /** Names the solve for cancelling it; unique. */
  readonly id: string;
  readonly session: string;
  /** Name of the Dockerfile in the session's folder. */
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly tag?: string;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly noCache: boolean;
}

/**
 * Runs one BuildKit solve in the engine.
 * @param output is awaited before more is read, so a slow reader slows the engine and fills no memory
 * @throws EngineUnreachable when the engine goes away before the solve has ended, and what `output` throws
 */
export async function solve(
  engine: Engine,
  request: SolveRequest,
  signal: AbortSignal,
  output: (traces: readonly Trace[]) => Promise<void>,
): Promise<SolveResult> {
  const connection = new AbortController();
  const ended = new AbortController();
  const stop = (): void => void stopSolve(engine, request.id, ended.signal, connection);
  let broken: { readonly error: unknown } | undefined;
  const guarded = async (traces: readonly Trace[]): Promise<void> => {
    await output(traces).catch((error: unknown) => {
      broken = { error };
      throw error;
    });
  };
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) return { stopped: true };
    const answer = await engine.build(query(request), connection.signal);
    const result = await follow(answer, signal, guarded);
    if (signal.aborted && !('image' in result)) return { stopped: true };
    return result;
  } catch (error) {
    if (signal.aborted) return { stopped: true };
    if (broken !== undefined) throw broken.error;
    if (engineStatus(error) !== undefined) return { error: engineMessage(error) };
    throw error instanceof EngineUnreachable ? error : new EngineUnreachable(error);
  } finally {
    signal.removeEventListener('abort', stop);
    ended.abort();
  }
}

/** The engine knows the build's id only once it has begun, so the request is repeated until the answer has ended. */
async function stopSolve(
  engine: Engine,
  id: string,
  ended: AbortSignal,
  connection: AbortController,
): Promise<void> {
  for (let waited = 0; !ended.aborted; waited += CANCEL_AGAIN_MS) {
    if (waited >= CANCEL_MS) connection.abort();
    await engine.cancelBuild(id).catch(() => connection.abort());
    if (connection.signal.aborted) return;
    await setTimeout(CANCEL_AGAIN_MS, undefined, { signal: ended }).catch(() => undefined);
  }
}

async function follow(
  answer: AsyncIterable<Buffer>,
  signal: AbortSignal,
  output: (traces: readonly Trace[]) => Promise<void>,
): Promise<SolveResult> {
  let result: SolveResult | undefined;
  let empty = 0;
  for await (const lines of lineBatches(answer)) {
    const traces: Trace[] = [];
    for (const line of lines) {
      if (line.subarray(0, TRACE.length).equals(TRACE)) {
        const message = line.toString('latin1', TRACE.length, line.lastIndexOf(0x22));
        empty = message === '' ? empty + 1 : 0;
        if (message !== '') traces.push(decodeTrace(Buffer.from(message, 'base64')));
      } else result = readResult(line) ?? result;
    }
    if (empty > MOST_EMPTY) throw new Error('its progress is stuck, and some output is lost');
    // Once it is to stop nobody waits for its words, and a reader that is away must not hold it.
    if (traces.length > 0 && !signal.aborted) await output(traces);
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

function query(request: SolveRequest): Record<string, string> {
  return {
    version: '2',
    remote: 'client-session',
    session: request.session,
    buildid: request.id,
    dockerfile: request.dockerfile,
    buildargs: JSON.stringify(request.args),
    labels: JSON.stringify(request.labels),
    ...(request.target === undefined ? {} : { target: request.target }),
    ...(request.tag === undefined ? {} : { t: request.tag }),
    ...(request.noCache ? { nocache: '1' } : {}),
  };
}

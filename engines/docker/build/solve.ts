import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { SolveResult } from '../../build/build-kit.ts';
import { EngineUnreachable } from './engine.ts';
import type { Engine } from './engine.ts';
import { HeardOutput } from './heard-output.ts';
import type { Trace } from '../../build/log/trace.ts';
import { readAnswer } from './solve-answer.ts';
import { engineMessage, engineStatus } from '../client.ts';

/** How long a cancelled solve may take to stop before its connection is cut, which stops it as well. */
const CANCEL_MS = 10_000;
const CANCEL_AGAIN_MS = 250;

/** A step that has succeeded is in the cache: one that runs anew has failed, and its end was not heard. */
const MOST_RERUNS = 2;
const FAILED_UNHEARD =
  'a step fails, and writes faster than the Docker engine could send it, so that its exit code is not known';
/** Being told all again takes longer the more a step has written: half of the time goes into it, as long as it is short. */
const MOST_PAUSE_MS = 5_000;
const LOST = '[some output is missing here: it came faster than the Docker engine could send it]\n';

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
    const result = await ask(engine, request, connection.signal, signal, guarded);
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

/**
 * Asks until the answer has an end. While the work goes on, another question joins it and is told all from its start; when it
 * is done, it comes out of the cache. The answer before is held until then, unread: with nobody left the work would stop.
 */
async function ask(
  engine: Engine,
  request: SolveRequest,
  connection: AbortSignal,
  signal: AbortSignal,
  output: (traces: readonly Trace[]) => Promise<void>,
): Promise<SolveResult> {
  const heard = new HeardOutput();
  let held: Readable | undefined;
  let pause = 0;
  try {
    for (;;) {
      const began = performance.now();
      const answer = await engine.build(query(request, heard.reruns > 0), connection);
      const before = held;
      held = answer;
      const result = await readAnswer(answer, signal, async (traces) =>
        output(traces.map((trace) => heard.add(trace))),
      ).finally(() => before?.destroy());
      const failed = result === 'stuck' && heard.reruns >= MOST_RERUNS;
      if (result === 'stuck') heard.again();
      if (failed || result !== 'stuck') {
        // Of a step whose end was not heard, the last line may have begun.
        const bytes = Buffer.from(failed ? `\n${LOST}` : LOST);
        const logs = heard.incomplete().map((vertex) => ({ vertex, bytes }));
        if (logs.length > 0 && !signal.aborted) await output([{ vertices: [], logs }]);
        return result === 'stuck' ? { error: FAILED_UNHEARD } : result;
      }
      await setTimeout(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return { stopped: true };
      pause = Math.min(performance.now() - began, MOST_PAUSE_MS);
    }
  } finally {
    held?.destroy();
  }
}

function query(request: SolveRequest, fromCache: boolean): Record<string, string> {
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
    ...(request.noCache && !fromCache ? { nocache: '1' } : {}),
  };
}

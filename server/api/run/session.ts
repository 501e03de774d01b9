import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { reason } from '../../../core/reason.ts';
import type { Redacts } from '../../../core/redaction/redact-all.ts';
import { encodeFrames, encodeJsonFrame, FrameError, ServerFrame } from '../../../core/run-frames.ts';
import { RunExit } from '../../../core/run-messages.ts';
import type { OneOff } from '../../../engines/port.ts';
import { tell } from '../../http/problem.ts';
import { refusalWithoutSecrets } from '../../redaction/refusal.ts';
import { takeClientFrames } from './client-frames.ts';

/** How long a client may take to close its side once it has the exit code. */
const LINGER_MS = 5_000;

export type RunEnd =
  | { readonly ended: 'exited'; readonly code: number; readonly oomKilled?: true }
  | { readonly ended: 'client-left' | 'broken-off' | 'not-started' };

/** What a session needs to know of its app. */
export interface RunApp {
  /** Asked when something is said of the command that is not its output. */
  readonly redactor: () => Redacts;
  /** Told once. */
  readonly ended: (how: RunEnd) => void;
}

/** Carries one command's bytes and ends both ways. When the client leaves, the command is killed. Never rejects. */
export async function runSession(
  socket: Duplex,
  oneOff: OneOff,
  log: Logger,
  { redactor, ended }: RunApp,
): Promise<void> {
  const over = new AbortController();
  const broken = Promise.withResolvers<never>();
  const stop = (): void => {
    if (over.signal.aborted) return;
    over.abort();
    oneOff
      .kill()
      .catch((error: unknown) => log.error({ err: error }, 'the command of a run could not be ended'));
  };
  socket.once('end', stop).once('close', stop);
  // It may have left while the command was being started.
  if (socket.destroyed) stop();
  takeClientFrames(socket, oneOff, broken.reject);
  try {
    const [{ code, oomKilled }] = await Promise.race([
      Promise.all([
        oneOff.exit,
        send(oneOff.stream, ServerFrame.stdout, socket, over.signal),
        oneOff.stderr && send(oneOff.stderr, ServerFrame.stderr, socket, over.signal),
      ]),
      broken.promise,
    ]);
    // It has ended by itself: that the client leaves now is no reason to kill anything.
    socket.off('end', stop).off('close', stop);
    ended(over.signal.aborted ? { ended: 'client-left' } : exited(code, oomKilled));
    socket.write(encodeJsonFrame(ServerFrame.exit, RunExit.parse({ code, oomKilled })));
  } catch (error) {
    ended({ ended: over.signal.aborted ? 'client-left' : 'broken-off' });
    if (!over.signal.aborted) {
      const why = whyItEnded(refusalWithoutSecrets(redactor(), error), log);
      socket.write(encodeJsonFrame(ServerFrame.error, why));
    }
    stop();
  } finally {
    hangUp(socket);
  }
}

function exited(code: number, oomKilled: boolean): RunEnd {
  return { ended: 'exited', code, ...(oomKilled ? { oomKilled } : {}) };
}

/** Output as frames, as fast as the client takes them. */
async function send(
  output: AsyncIterable<Buffer | string>,
  type: number,
  socket: Duplex,
  over: AbortSignal,
): Promise<void> {
  for await (const chunk of output) {
    for (const frame of encodeFrames(type, Buffer.from(chunk))) {
      if (over.aborted) return;
      if (!socket.write(frame)) await once(socket, 'drain', { signal: over });
    }
  }
}

function whyItEnded(error: unknown, log: Logger): object {
  if (error instanceof FrameError)
    return reason('frame_invalid', error.message, 'use the same version of `sluice` as the platform');
  const { problem, errorId } = tell(error);
  if (errorId !== undefined) log.error({ err: error, errorId }, 'a run broke off');
  return problem.reason;
}

/** Reads on while the last frames leave: closing over unread bytes would cut them off on TCP. */
function hangUp(socket: Duplex): void {
  const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(linger));
  socket.end();
  socket.resume();
}

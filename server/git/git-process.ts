import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

export interface GitProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Sockets that the child sees as file descriptors 3, 4, …; both ways. */
  readonly sockets: readonly Socket[];
  /** Exit code; 128 plus nothing else when a signal ended it. */
  readonly exited: Promise<number>;
}

/** From the end of the input on, in milliseconds: git that has not ended by then is asked to, and then killed. */
const TERMINATE_AFTER_MS = 3_000;
const KILL_AFTER_MS = 5_000;

/**
 * Starts git in a process group of its own. When the client goes, its input ends, at which git removes its quarantine and
 * its locks and fails. It does not when a signal ends it, be it SIGPIPE at a closed output: what it still says is read and
 * dropped. A group that stays is ended.
 */
export function startGit(
  argv: readonly string[],
  env: Record<string, string>,
  sockets: number,
  gone: AbortSignal,
): GitProcess {
  const [command = 'git', ...args] = argv;
  const child = spawn(command, args, {
    env,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', ...Array<'pipe'>(sockets).fill('pipe')],
  });
  const extra = child.stdio.slice(3) as unknown as Socket[];
  const streams = [...child.stdio] as (Socket | null)[];
  // A pipe that breaks shows as the process's end; the code that reads or writes sees it close.
  for (const stream of streams) stream?.on('error', () => undefined);
  const end = (): void => {
    for (const stream of [child.stdin, ...extra]) stream?.destroy();
    for (const stream of [child.stdout, child.stderr]) stream?.resume();
    const timers = [
      setTimeout(() => signalGroup(child, 'SIGTERM'), TERMINATE_AFTER_MS),
      setTimeout(() => signalGroup(child, 'SIGKILL'), KILL_AFTER_MS),
    ];
    child.once('exit', () => timers.forEach(clearTimeout));
  };
  if (gone.aborted) end();
  else gone.addEventListener('abort', end, { once: true });
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      gone.removeEventListener('abort', end);
      resolve(code ?? 128);
    });
  });
  exited.catch(() => undefined);
  if (child.stdin === null || child.stdout === null || child.stderr === null)
    throw new Error('git has no pipes');
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, sockets: extra, exited };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** What a process says. Whoever stops reading does not close it: the rest is read and dropped. */
export async function* untilItEnds(output: Readable): AsyncGenerator<Buffer, void> {
  try {
    yield* output.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } finally {
    output.resume();
  }
}

/**
 * Feeds a readable into a process's stdin. When the process stops reading, the rest is read and dropped, so that
 * the client gets to hear why.
 * @param seen called with each chunk before it is passed on
 */
export async function feed(from: Readable, stdin: Writable, seen?: (chunk: Buffer) => void): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    from.on('data', (chunk: Buffer) => {
      seen?.(chunk);
      if (!stdin.writable || stdin.write(chunk)) return;
      from.pause();
    });
    stdin.on('drain', () => from.resume());
    stdin.on('close', () => from.resume());
    from.once('end', resolve);
    from.once('close', resolve);
  });
  await ended;
  if (stdin.writable) stdin.end();
}

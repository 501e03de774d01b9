import { isatty } from 'node:tty';
import type { Readable, Writable } from 'node:stream';
import type { Settings } from './settings.ts';

/** The streams of one run of the command, so that tests can give their own. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** A person reads stdout: tables with headers, relative times. */
  readonly interactive: boolean;
  /** A person can be asked: stdin and stderr are a terminal. */
  readonly canAsk: boolean;
  readonly colour: boolean;
  /** What turns while a person waits; undefined where nobody sees it or a line cannot be written over. */
  readonly spinner: readonly string[] | undefined;
  size(): { columns: number; rows: number };
  /** Ctrl-C goes to the listener, once, instead of ending the process. @returns what takes the listener off */
  onInterrupt(listener: () => void): () => void;
  /** The process ends, by itself or by a signal. Called before other listeners. @returns what takes the listener off */
  onEnd(listener: () => void): () => void;
  /** Keys arrive one by one and unread: for a command that has the terminal. */
  setRaw(raw: boolean): void;
}

const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const DOTS = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const ASCII = ['|', '/', '-', '\\'];

export function processTerminal({
  colour,
  transient,
  unicode,
}: Pick<Settings, 'colour' | 'transient' | 'unicode'>): Terminal {
  const interactive = isatty(1);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    interactive,
    canAsk: isatty(0) && isatty(2),
    colour: colour ?? interactive,
    spinner: transient && isatty(2) ? (unicode ? DOTS : ASCII) : undefined,
    size: () => ({
      columns: bounded(process.stdout.columns ?? process.stderr.columns ?? 80),
      rows: bounded(process.stdout.rows ?? process.stderr.rows ?? 24),
    }),
    onInterrupt: (listener) => {
      process.once('SIGINT', listener);
      return () => void process.off('SIGINT', listener);
    },
    onEnd,
    setRaw: (raw) => {
      if (process.stdin.isTTY) process.stdin.setRawMode(raw);
    },
  };
}

function onEnd(listener: () => void): () => void {
  const off = (): void => {
    process.off('exit', listener);
    for (const signal of ENDS) process.off(signal, ended);
  };
  const ended = (signal: NodeJS.Signals): void => {
    off();
    listener();
    // Who listens beside us decides what becomes of it; else it is what it would have been without us.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  process.once('exit', listener);
  for (const signal of ENDS) process.prependListener(signal, ended);
  return off;
}

/** Some terminals say 0 while they start. */
function bounded(cells: number): number {
  return Math.min(Math.max(cells, 1), 1_000);
}

/** Writes and waits until the stream takes more: a slow reader slows us down instead of filling memory. */
export function write(stream: Writable, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** Who read a stream has gone: `| head -1`, a window that was closed. */
export function isBrokenPipe(error: unknown): boolean {
  // What was asked of a stream after its pipe broke.
  const codes: readonly unknown[] = ['EPIPE', 'ERR_STREAM_DESTROYED'];
  return error instanceof Error && 'code' in error && codes.includes(error.code);
}

import { isatty } from 'node:tty';
import type { Readable, Writable } from 'node:stream';

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
  size(): { columns: number; rows: number };
  /** Ctrl-C goes to the listener, once, instead of ending the process. @returns what takes the listener off */
  onInterrupt(listener: () => void): () => void;
  /** Keys arrive one by one and unread: for a command that has the terminal. */
  setRaw(raw: boolean): void;
}

export function processTerminal(colour: boolean | undefined): Terminal {
  const interactive = isatty(1);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    interactive,
    canAsk: isatty(0) && isatty(2),
    colour: colour ?? interactive,
    size: () => ({
      columns: bounded(process.stdout.columns ?? 80),
      rows: bounded(process.stdout.rows ?? 24),
    }),
    onInterrupt: (listener) => {
      process.once('SIGINT', listener);
      return () => void process.off('SIGINT', listener);
    },
    setRaw: (raw) => {
      if (process.stdin.isTTY) process.stdin.setRawMode(raw);
    },
  };
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

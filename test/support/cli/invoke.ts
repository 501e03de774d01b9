import { PassThrough, Writable, type Readable } from 'node:stream';
import { run } from '../../../cli/program.ts';
import type { Settings } from '../../../cli/settings.ts';
import type { Terminal } from '../../../cli/terminal.ts';
import { NOW } from './samples.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly settings?: Partial<Settings>;
  readonly folder?: string;
  /** stdout is a terminal. */
  readonly interactive?: boolean;
  readonly colour?: boolean;
  /** stderr is a terminal. */
  readonly spins?: boolean;
  /** What a person types, when asked on a terminal. */
  readonly typed?: string;
  readonly stdin?: Readable;
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
  /** Its abort is Ctrl-C. */
  readonly interrupt?: AbortSignal;
}

export const NO_SETTINGS: Settings = {
  url: undefined,
  token: undefined,
  host: undefined,
  ssh: undefined,
  dataDir: undefined,
  home: '/nonexistent',
  user: 'alice',
  configFile: '/nonexistent/sluice/config.json',
  cacheFolder: '/nonexistent/cache',
  editor: undefined,
  colour: undefined,
  transient: true,
  unicode: true,
  quiet: false,
  display: false,
};

/** One command line in this process, as `sluice …` would run it: what it prints, and its exit code. */
export async function invoke(argv: readonly string[], options: Options = {}): Promise<Outcome> {
  const stdout = new Collected(options.onStdout);
  const stderr = new Collected(options.onStderr);
  const stdin = options.stdin ?? new PassThrough().end(options.typed);
  const terminal: Terminal = {
    stdin,
    stdout,
    stderr,
    interactive: options.interactive === true,
    canAsk: options.typed !== undefined,
    colour: options.colour === true,
    spinner: options.spins === true ? ['*'] : undefined,
    onEnd: () => () => undefined,
    size: () => ({ columns: 80, rows: 24 }),
    onInterrupt: (listener) => {
      options.interrupt?.addEventListener('abort', listener, { once: true });
      return () => options.interrupt?.removeEventListener('abort', listener);
    },
    setRaw: () => undefined,
  };
  const code = await run(argv, {
    terminal,
    settings: { ...NO_SETTINGS, ...options.settings },
    folder: options.folder ?? '/',
    now: () => NOW,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Collected extends Writable {
  text = '';
  readonly #listener: ((text: string) => void) | undefined;

  constructor(listener?: (text: string) => void) {
    super({ decodeStrings: true });
    this.#listener = listener;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    this.#listener?.(this.text);
    done();
  }
}

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const LIMIT_MS = 60_000;
const PTY = resolve(import.meta.dirname, 'on_terminal.py');

/** A program on a real terminal of its own, with nothing of this environment but PATH. */
export class Pty {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<[number | null]>;
  #shown = '';
  #said = '';
  #grown = Promise.withResolvers<void>();

  constructor(argv: readonly string[], environment: Readonly<Record<string, string>>, folder = '/') {
    this.#child = spawn('python3', [PTY, ...argv], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: '/nonexistent',
        TERM: 'xterm',
        LANG: 'C.UTF-8',
        ...environment,
      },
    });
    this.#closed = once(this.#child, 'close') as Promise<[number | null]>;
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text;
      this.#grown.resolve();
      this.#grown = Promise.withResolvers();
    });
    this.#child.stdout.on('end', () => this.#grown.resolve());
  }

  /** All that the terminal has shown so far. */
  get shown(): string {
    return this.#shown;
  }

  /** @throws when the program ends, or a minute goes by, before the terminal has shown it */
  async until(seen: (shown: string) => boolean): Promise<string> {
    const late = AbortSignal.timeout(LIMIT_MS);
    while (!seen(this.#shown)) {
      if (this.#child.stdout.readableEnded || late.aborted)
        throw new Error(`not shown: ${this.#shown}${this.#said}`);
      const tooLate = new Promise<void>((go) => late.addEventListener('abort', () => go(), { once: true }));
      await Promise.race([this.#grown.promise, tooLate]);
    }
    return this.#shown;
  }

  type(text: string): void {
    this.#tell({ type: text });
  }

  resize(columns: number, rows: number): void {
    this.#tell({ size: [columns, rows] });
  }

  hangUp(): void {
    this.#tell({ hangup: true });
  }

  /** @returns the exit code, and whether the terminal echoes and edits lines again */
  async end(): Promise<{ code: number; cooked: boolean }> {
    const [code] = await this.#closed;
    return { code: code ?? -1, cooked: this.#said.endsWith('cooked\n') };
  }

  #tell(command: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Pushed {
  readonly code: number;
  readonly output: string;
  /** Build that git printed; undefined when the pusher saw none. */
  readonly build: number | undefined;
  /** Code of the reason in the last line of a push that was refused; undefined when no verdict came. */
  readonly reason: string | undefined;
}

/** `git push` of one person, in a process group of its own, so that all of the line can be cut or held. */
export class Pusher {
  readonly ended: Promise<Pushed>;
  readonly #child: ChildProcess;
  #output = '';

  constructor(cwd: string, env: NodeJS.ProcessEnv, options: readonly string[], commit: string) {
    this.#child = spawn('git', ['push', ...options, 'platform', `${commit}:refs/heads/main`], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    this.ended = once(this.#child, 'close').then(([code]) => this.#pushed((code as number | null) ?? 137));
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isRunning && this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
  }

  #pushed(code: number): Pushed {
    const build = /-----> Build (\d+) of /.exec(this.#output)?.[1];
    const reason = /\(build \d+ [^():]+: ([a-z_]+)\)/.exec(this.#output)?.[1];
    return {
      code,
      output: this.#output,
      build: build === undefined ? undefined : Number(build),
      reason,
    };
  }
}

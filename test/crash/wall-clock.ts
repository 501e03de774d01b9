import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const LIBRARIES = [
  '/usr/lib/*/faketime/libfaketimeMT.so.1',
  '/usr/lib{,64}/faketime/libfaketimeMT.so.1',
  '/usr/local/lib/faketime/libfaketimeMT.so.1',
];

/**
 * The time of day of the processes that are started with `env`, moved by libfaketime. Their monotonic clock goes on as
 * it is, as it does when a machine's clock is set. They look at it once a second.
 */
export class WallClock {
  readonly env: NodeJS.ProcessEnv;
  readonly #file: string;
  readonly #anchor: ChildProcess;

  private constructor(file: string, anchor: ChildProcess, env: NodeJS.ProcessEnv) {
    this.#file = file;
    this.#anchor = anchor;
    this.env = env;
  }

  /** @throws Error when libfaketime is not installed */
  static async start(folder: string): Promise<WallClock> {
    const [library] = LIBRARIES.flatMap((pattern) => globSync(pattern));
    if (library === undefined) throw new Error('libfaketime is not installed: apt-get install libfaketime');
    const file = join(folder, 'clock');
    await writeFile(file, '+0');
    const env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      // Files keep the times that the kernel gave them.
      NO_FAKE_STAT: '1',
    };
    // The library shares a semaphore among processes and leaves it behind when one is killed, so that a later process
    // of the same number would fail. One process that is never killed holds it for all.
    const anchor = spawn('sh', ['-c', 'echo "$FAKETIME_SHARED"; exec cat'], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [shared] = (await once(anchor.stdout, 'data')) as [Buffer];
    return new WallClock(file, anchor, { ...env, FAKETIME_SHARED: shared.toString().trim() });
  }

  /** @param seconds from the real time; negative: back */
  async set(seconds: number): Promise<void> {
    // A reader must never find half of it.
    await writeFile(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${seconds}`);
    await rename(`${this.#file}.new`, this.#file);
  }

  async stop(): Promise<void> {
    const exited = once(this.#anchor, 'exit');
    this.#anchor.stdin?.end();
    await exited;
  }
}

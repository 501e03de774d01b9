import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from './command.ts';
import { eventually } from './eventually.ts';
import type { Platform } from './platform.ts';
import { freePorts } from './ports.ts';

/** One more router of a platform whose routers follow the server, with a folder and ports of its own. */
export class SecondRouter {
  readonly httpPort: number;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #stop: () => Promise<unknown>;

  private constructor(httpPort: number, folder: string, child: ChildProcess, stop: () => Promise<unknown>) {
    this.httpPort = httpPort;
    this.#folder = folder;
    this.#child = child;
    this.#stop = stop;
  }

  /** Resolves when it has the server's table. */
  static async beside(platform: Platform): Promise<SecondRouter> {
    const folder = await mkdtemp(join(tmpdir(), 'sl-router-'));
    const [httpPort = 0, httpsPort = 0, ready = 0] = await freePorts(3);
    const { program, args, env } = platform.commandOf('router');
    const own = {
      ...env,
      SLUICE_DATA_DIR: folder,
      SLUICE_HTTP_PORT: String(httpPort),
      SLUICE_HTTPS_PORT: String(httpsPort),
      SLUICE_ROUTER_READY_PORT: String(ready),
      SLUICE_ROUTER_NAME: 'two',
    };
    const child = spawn(program, args, { env: own, stdio: 'ignore' });
    const stop = (): Promise<unknown> => must(program, [...args, 'stop'], { env: own });
    await eventually('the second router is ready', async () => {
      return (await fetch(`http://127.0.0.1:${ready}/readyz`)).ok;
    });
    return new SecondRouter(httpPort, folder, child, stop);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    await this.#stop().catch(() => this.#child.kill('SIGKILL'));
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

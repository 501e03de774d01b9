import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dataPaths } from '../../../core/paths.ts';
import type { Route, RouteRelease } from '../../../engines/port.ts';
import { RouterTraffic } from '../../../router/client.ts';
import { freePorts } from '../../support/ports.ts';

/** A router and its HAProxy, each a process of its own, on ports and in a folder of their own. */
export class RouterRig {
  readonly folder: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly traffic: RouterTraffic;
  slots: number;
  /** What the routers have said, all of them together. */
  output = '';
  router: ChildProcess | undefined;
  readonly #nodeArgs: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(
    folder: string,
    httpPort: number,
    httpsPort: number,
    slots: number,
    nodeArgs: readonly string[],
    environment: Readonly<Record<string, string>>,
  ) {
    this.#nodeArgs = nodeArgs;
    this.#environment = environment;
    this.folder = folder;
    this.httpPort = httpPort;
    this.httpsPort = httpsPort;
    this.slots = slots;
    this.traffic = new RouterTraffic(dataPaths(folder).routerSocket, { patience: 60_000 });
  }

  static async start(
    slots = 8,
    nodeArgs: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<RouterRig> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-router-'));
    const [httpPort = 0, httpsPort = 0] = await freePorts(2);
    const rig = new RouterRig(folder, httpPort, httpsPort, slots, nodeArgs, environment);
    await rig.startRouter();
    return rig;
  }

  /** Resolves once it answers. */
  async startRouter(...flags: string[]): Promise<ChildProcess> {
    this.router = this.spawnRouter(...flags);
    await until('the router serves', async () => (await this.traffic.status()).haproxy.up);
    return this.router;
  }

  spawnRouter(...argv: string[]): ChildProcess {
    const program = join(import.meta.dirname, '../../../router/main.ts');
    const child = spawn(process.execPath, [...this.#nodeArgs, program, ...argv], {
      env: {
        PATH: process.env['PATH'],
        SLUICE_DATA_DIR: this.folder,
        SLUICE_HTTP_PORT: String(this.httpPort),
        SLUICE_HTTPS_PORT: String(this.httpsPort),
        SLUICE_HTTP_BIND: '127.0.0.1',
        SLUICE_ROUTER_SLOTS: String(this.slots),
        ...this.#environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        this.output += text.toString();
      });
    }
    return child;
  }

  async killRouter(): Promise<void> {
    if (this.router === undefined) return;
    const exit = once(this.router, 'exit');
    this.router.kill('SIGKILL');
    await exit;
  }

  /** Pids of the HAProxy processes of this rig. */
  async haproxies(): Promise<number[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const mine = await Promise.all(
      pids.map(async (pid) => {
        const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
        return words[0] === 'haproxy' && words.some((word) => word.startsWith(`${this.folder}/`));
      }),
    );
    return pids.filter((_, index) => mine[index]).map(Number);
  }

  async stop(): Promise<void> {
    // A test may have left it frozen.
    this.router?.kill('SIGCONT');
    const stop = this.spawnRouter('stop');
    const [code] = (await once(stop, 'exit')) as [number];
    this.router?.kill('SIGKILL');
    this.traffic.close();
    const left = await this.haproxies();
    for (const pid of left) process.kill(pid, 'SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
    if (code !== 0 || left.length > 0)
      throw new Error(`stop left ${String(left.length)} HAProxy: ${this.output}`);
  }
}

/** @throws Error when the condition does not come true within `timeout` milliseconds */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  timeout = 60_000,
): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${String(timeout)} ms: ${what}`);
    await delay(5);
  }
}

/** A route of an app named `name`, with the host `<name>.localhost`. */
export function routeOf(name: string, releases: readonly RouteRelease[], extra: Partial<Route> = {}): Route {
  return {
    appId: `${name}-id`,
    appName: name,
    hosts: [`${name}.localhost`],
    releases,
    maintenance: false,
    ...extra,
  };
}

export function release(
  releaseId: string,
  weight: number,
  ...backends: readonly { readonly port: number }[]
): RouteRelease {
  return { releaseId, weight, backends: backends.map(({ port }) => ({ host: '127.0.0.1', port })) };
}

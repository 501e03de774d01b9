import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataPaths } from '../../core/paths.ts';
import { RuntimeSocket } from '../../router/haproxy/runtime-socket.ts';
import { RouterRig } from '../../test/e2e/router/rig.ts';
import { freePorts } from '../../test/support/ports.ts';
import { Haproxy } from '../haproxy.ts';
import type { Fleet, Order, Telling } from './fleet.ts';

/** As scripts/platform starts every part: it is what their processor time is like. */
const NODE_ARGS = ['--max-semi-space-size=1'];
const ANSWER_MS = 5_000;

/** Every request is answered at once; those for /fail with 500 by the canaries. */
const BACKENDS = ({ stable, canary }: Pick<Fleet, 'stable' | 'canary'>): string => `\
defaults
  mode http
  timeout client 1m
frontend stable
  bind 127.0.0.1:${stable}
  http-request return status 200 content-type text/plain string stable
frontend canary
  bind 127.0.0.1:${canary}
  http-request return status 500 content-type text/plain string canary if { path /fail }
  http-request return status 200 content-type text/plain string canary
`;

/** A real server with a fleet of canaries, a real router with its HAProxy, and one HAProxy in place of all containers. */
export class FleetRig {
  readonly router: RouterRig;
  readonly server: ChildProcess;
  readonly haproxyPid: number;
  /** HAProxy's own runtime API, beside the router's connection to it. */
  readonly runtime: RuntimeSocket;
  readonly #backends: Haproxy;
  readonly #folder: string;
  #visitors: ChildProcess | undefined;
  #told: Telling = { looks: 0, probes: 0, transactions: 0 };

  private constructor(
    router: RouterRig,
    server: ChildProcess,
    haproxyPid: number,
    runtime: RuntimeSocket,
    backends: Haproxy,
    folder: string,
  ) {
    this.router = router;
    this.server = server;
    this.haproxyPid = haproxyPid;
    this.runtime = runtime;
    this.#backends = backends;
    this.#folder = folder;
    server.on('message', (told: Telling) => (this.#told = told));
  }

  /** Resolves once all canaries are under watch. */
  static async start(apps: number): Promise<FleetRig> {
    const folder = await mkdtemp(join(tmpdir(), 'sl-bench-'));
    const [stable = 0, canary = 0] = await freePorts(2);
    const ports = { stable, canary };
    const backends = await Haproxy.start(folder, 'backends', '  nbthread 1', BACKENDS(ports));
    // Two releases an app, and some room, so that no reload is measured.
    const router = await RouterRig.start(apps * 2 + 64, NODE_ARGS);
    const fleet: Fleet = { dataFolder: router.folder, apps, ...ports };
    const program = [...NODE_ARGS, join(import.meta.dirname, 'server.ts'), JSON.stringify(fleet)];
    const server = spawn(process.execPath, program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const ready = await Promise.race([once(server, 'message'), once(server, 'exit').then(() => undefined)]);
    if (ready === undefined) {
      await router.stop();
      await backends.stop();
      throw new Error('the server has ended');
    }
    const { haproxy } = await router.traffic.status();
    const runtime = await RuntimeSocket.open(dataPaths(router.folder).haproxySocket, ANSWER_MS);
    return new FleetRig(router, server, haproxy.pid ?? 0, runtime, backends, folder);
  }

  /** What the server has done so far; at most a second old. */
  get told(): Telling {
    return this.#told;
  }

  order(order: Order): void {
    this.server.send(order);
  }

  /** From now on the first `apps` of them have visitors. @param rate requests a second, of all together */
  visit(apps: number, rate: number): void {
    const argv = [join(import.meta.dirname, 'visitors.ts'), this.router.httpPort, apps, rate].map(String);
    this.#visitors = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  /** What HAProxy gives an app now, by the router's one map value that decides it. */
  async isSplit(appId: string): Promise<boolean> {
    const answer = await this.runtime.send(`get map routes.map ${appId}`);
    const value = /value="([^"]*)"/.exec(answer)?.[1];
    if (value === undefined) throw new Error(`HAProxy has no route of ${appId}: ${answer}`);
    return value.split('|').length === 4;
  }

  async stop(): Promise<void> {
    this.#visitors?.kill();
    this.runtime.close();
    if (this.server.exitCode === null) {
      const exited = once(this.server, 'exit');
      this.order('stop');
      await exited;
    }
    await this.router.stop();
    await this.#backends.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

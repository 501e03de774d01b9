import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { ClusterTraffic } from '../../../engines/kubernetes/traffic/cluster-traffic.ts';
import type { ClusterTrafficOptions } from '../../../engines/kubernetes/traffic/cluster-traffic.ts';
import type { ReleaseCounts } from '../../../engines/port.ts';
import { routerRoutes } from '../../../server/internal/routers.ts';
import { createPartsApp } from '../../../server/parts/parts-app.ts';
import { freePort, freePorts } from '../../support/ports.ts';
import { RouterRig } from '../router/rig.ts';

/** The server's side of the routers, on a port of its own that it has again after a restart. */
export class FollowedServer {
  readonly port: number;
  readonly token = randomBytes(24).toString('hex');
  traffic: ClusterTraffic;
  generation = 1;
  readonly #folder: string;
  readonly #options: Partial<ClusterTrafficOptions>;
  #server: Server | undefined;

  private constructor(port: number, folder: string, options: Partial<ClusterTrafficOptions>) {
    this.port = port;
    this.#folder = folder;
    this.#options = options;
    this.traffic = this.#make();
  }

  static async start(options: Partial<ClusterTrafficOptions> = {}): Promise<FollowedServer> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-follow-'));
    const server = new FollowedServer(await freePort(), folder, options);
    await server.listen();
    return server;
  }

  async listen(): Promise<void> {
    const app = createPartsApp({
      routers: [routerRoutes(this.traffic)],
      token: this.token,
      ready: {},
      log: pino({ level: 'silent' }),
    });
    this.#server = createServer(app).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** As when its machine is gone. */
  async cut(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** A new server process, which knows nothing but its files. */
  async restart(generation = this.generation + 1): Promise<void> {
    await this.cut();
    this.generation = generation;
    this.traffic = this.#make();
    await this.listen();
  }

  async stop(): Promise<void> {
    await this.traffic.close();
    await this.cut();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async countsOf(releaseId: string): Promise<ReleaseCounts | undefined> {
    return (await this.traffic.counts()).releases.find((counts) => counts.releaseId === releaseId);
  }

  #make(): ClusterTraffic {
    return new ClusterTraffic({
      installationId: 'installation1',
      generation: this.generation,
      countsFile: `${this.#folder}/router-counts.json`,
      ...this.#options,
    });
  }
}

export type Following = RouterRig & { readonly readyPort: number };

/** A router that follows, and its HAProxy. */
export async function startFollower(
  server: FollowedServer,
  name: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Following> {
  const [readyPort = 0] = await freePorts(1);
  const rig = await RouterRig.start(8, [], {
    SLUICE_SERVER_URL: `http://127.0.0.1:${String(server.port)}`,
    SLUICE_PLATFORM_TOKEN: server.token,
    SLUICE_ROUTER_NAME: name,
    SLUICE_ROUTER_READY_PORT: String(readyPort),
    SLUICE_ROUTER_LEAVE: '0',
    SLUICE_ROUTER_DRAIN: '5',
    ...environment,
  });
  return Object.assign(rig, { readyPort });
}

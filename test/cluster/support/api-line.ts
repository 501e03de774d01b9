import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';

/** A line of its own to the API server, which a test can cut. */
export class ApiLine implements AsyncDisposable {
  /** With the line's address in it. */
  readonly kubeconfig: string;
  private readonly folder: string;
  private readonly server: Server;
  private readonly sockets: Set<Socket>;
  private isCut = false;

  private constructor(folder: string, server: Server, sockets: Set<Socket>) {
    this.folder = folder;
    this.kubeconfig = join(folder, 'kubeconfig');
    this.server = server;
    this.sockets = sockets;
  }

  static async open(kubeconfig: string): Promise<ApiLine> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const target = new URL(config.getCurrentCluster()?.server ?? '');
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      if (line.isCut) {
        near.destroy();
        return;
      }
      const far = createConnection(Number(target.port), target.hostname);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket);
        socket
          .on('error', () => other.destroy())
          .on('close', () => {
            sockets.delete(socket);
            other.destroy();
          });
        socket.pipe(other);
      }
    });
    const line = new ApiLine(await mkdtemp(join(tmpdir(), 'sluice-line-')), server, sockets);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const own = JSON.parse(config.exportConfig()) as { clusters: { cluster: Record<string, unknown> }[] };
    // The certificate is for the address of the API server.
    const cluster = { server: `https://127.0.0.1:${String(port)}`, 'insecure-skip-tls-verify': true };
    for (const known of own.clusters) known.cluster = cluster;
    await writeFile(line.kubeconfig, JSON.stringify(own), { mode: 0o600 });
    return line;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
    await rm(this.folder, { recursive: true });
  }
}

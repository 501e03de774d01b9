import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { TreeSource } from '../../engines/port.ts';
import { treeBytes, treeOf } from './tree.ts';
import type { TreeFiles } from './tree.ts';

/** Gives trees to what runs elsewhere, by URL and token, as the platform's server does. */
export class TreeServer implements AsyncDisposable {
  /** Trees that were fetched, each time. */
  fetched = 0;
  private readonly trees = new Map<string, TreeFiles>();
  private readonly server = createServer((request, response) => {
    const token = /^Bearer (\w+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const files = request.url === `/trees/${token.slice(0, 8)}` ? this.trees.get(token) : undefined;
    if (files === undefined) return void response.writeHead(401).end();
    this.fetched += 1;
    treeBytes(files).then(
      (bytes) => response.end(bytes),
      () => response.destroy(),
    );
  });

  /** @param host where it listens, as others reach it */
  async start(host: string): Promise<void> {
    this.server.listen(0, host);
    await once(this.server, 'listening');
  }

  tree(files: TreeFiles): TreeSource {
    const token = randomBytes(16).toString('hex');
    this.trees.set(token, files);
    const { address, port } = this.server.address() as AddressInfo;
    return {
      ...treeOf(files),
      remote: { url: `http://${address}:${port}/trees/${token.slice(0, 8)}`, token },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** The address of this machine by which a server there (`https://host:port`) sees it. */
export async function ownAddressTowards(server: string): Promise<string> {
  const { hostname, port } = new URL(server);
  const socket = connect(Number(port || 443), hostname.replace(/^\[|\]$/g, ''));
  await once(socket, 'connect');
  const address = socket.localAddress ?? '127.0.0.1';
  socket.destroy();
  return address;
}

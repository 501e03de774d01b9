import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { BuildSource } from '../../engines/port.ts';
import { sourceOf, treeBytes } from './tree.ts';
import type { TreeFiles } from './tree.ts';

/** Gives trees and secrets to what runs elsewhere, by URL and token, as the platform's server does. */
export class TreeServer implements AsyncDisposable {
  /** Trees that were fetched, each time. */
  fetched = 0;
  private readonly given = new Map<string, { files: TreeFiles; secrets: Readonly<Record<string, string>> }>();
  private readonly server = createServer((request, response) => {
    const token = /^Bearer (\w+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const [, what, name] = request.url?.split('/') ?? [];
    const given = name === token.slice(0, 8) ? this.given.get(token) : undefined;
    if (given === undefined) return void response.writeHead(401).end();
    if (what === 'secrets') return void response.end(JSON.stringify(given.secrets));
    this.fetched += 1;
    treeBytes(given.files).then(
      (bytes) => response.end(bytes),
      () => response.destroy(),
    );
  });

  /** @param host where it listens, as others reach it */
  async start(host: string): Promise<void> {
    this.server.listen(0, host);
    await once(this.server, 'listening');
  }

  source(files: TreeFiles, secrets: Readonly<Record<string, string>> = {}): BuildSource {
    const token = randomBytes(16).toString('hex');
    this.given.set(token, { files, secrets });
    const { address, port } = this.server.address() as AddressInfo;
    const of = (what: string): string => `http://${address}:${port}/${what}/${token.slice(0, 8)}`;
    return {
      ...sourceOf(files, secrets),
      remote: { tree: of('trees'), secrets: of('secrets'), token },
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

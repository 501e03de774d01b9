import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, BlockList, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { RUN_UPGRADE } from '../../core/run-frames.ts';
import { listenDualStack } from '../dual-stack.ts';
import { markAsMachine } from './origin.ts';
import { listenOnUnixSocket } from './unix-socket.ts';

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface ListenOptions {
  readonly socketPath: string;
  /** A TCP port on this machine, for tokens; port 0: the system picks one. */
  readonly tcp?: { readonly host?: string; readonly port: number };
  /** Takes requests with `Upgrade: sluice-run`; other upgrades are answered as if they had not asked. */
  readonly upgrade?: UpgradeHandler;
}

export interface Listening {
  /** The TCP port; undefined when there is only the unix socket. */
  readonly port: number | undefined;
  /** Those for parts on other machines, where they are listened for. */
  readonly parts?: { readonly port: number; readonly treePort: number };
  /** That for web hooks alone, where there is one. */
  readonly hooksPort?: number;
  /** Stops taking connections and ends those that are open. */
  close(): Promise<void>;
}

/** Longer than any client of ours keeps an idle connection, so that none is closed under a request on its way. */
const KEEP_ALIVE_MS = 75_000;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Serves the app on the machine's own socket and, when asked, on a loopback port.
 * @throws SocketInUse when another server answers; Error when the TCP host is not a loopback address
 */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listening> {
  const { socketPath, tcp, upgrade } = options;
  const host = tcp?.host ?? '127.0.0.1';
  if (tcp && !isLoopback(host)) {
    throw new Error(
      `the API listens on loopback addresses only, as it has no TLS of its own; ${host} is none: use 127.0.0.1`,
    );
  }
  const machine = httpServer(app, upgrade);
  machine.server.prependListener('connection', markAsMachine);
  const removeSocket = await listenOnUnixSocket(machine.server, socketPath);
  const endMachine = async (): Promise<void> => {
    await removeSocket();
    await machine.end();
  };
  if (!tcp) return { port: undefined, close: endMachine };
  try {
    const { server, end } = httpServer(app, upgrade);
    server.listen(tcp.port, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { port, close: async () => void (await Promise.all([endMachine(), end()])) };
  } catch (error) {
    await endMachine();
    throw error;
  }
}

/**
 * Serves an app that checks each request's token by itself, on all addresses that are asked for.
 * @param port 0: the system picks one
 */
export async function listenForParts(
  app: RequestListener,
  where: { readonly bind: string; readonly port: number; readonly log: Logger },
): Promise<{ port: number; close: () => Promise<void> }> {
  const { server, end } = httpServer(app, undefined);
  await listenDualStack(server, where);
  return { port: (server.address() as AddressInfo).port, close: end };
}

function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version !== 0 && loopback.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

function httpServer(
  app: RequestListener,
  upgrade: UpgradeHandler | undefined,
): { server: Server; end: () => Promise<void> } {
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
      shouldUpgradeCallback: (request) => upgrade !== undefined && request.headers.upgrade === RUN_UPGRADE,
    },
    app,
  );
  // closeAllConnections knows nothing of connections that were upgraded.
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    upgrade?.(request, socket, head);
  });
  const end = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
    await closed;
  };
  return { server, end };
}

import { once } from 'node:events';
import type { Server } from 'node:net';
import type { Logger } from 'pino';

/**
 * Listens on an address, where `::` stands for IPv6 and IPv4. Resolves once connections are accepted.
 * @param port 0: the system picks one
 * @throws when the port cannot be had
 */
export async function listenDualStack(
  server: Server,
  { bind, port, log }: { readonly bind: string; readonly port: number; readonly log: Logger },
): Promise<void> {
  const listenOn = async (host: string): Promise<void> => {
    const listening = once(server, 'listening');
    server.listen({ host, port, ipv6Only: false });
    await listening;
  };
  try {
    await listenOn(bind);
  } catch (error) {
    // A machine without IPv6, as many containers are.
    const { code } = error as NodeJS.ErrnoException;
    if (bind !== '::' || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw error;
    log.info('no IPv6 here: listening on IPv4 alone');
    await listenOn('0.0.0.0');
  }
}

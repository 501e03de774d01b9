import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const machineSockets = new WeakSet<Duplex>();

/** Called by the listener of the unix socket, and by nothing else, for each connection that it takes. */
export function markAsMachine(socket: Duplex): void {
  machineSockets.add(socket);
}

/**
 * Whether a request came in over the machine's own socket (mode 0600). A missing remote address would not do as
 * the sign: a TCP connection that was just cut has none either.
 */
export function cameFromMachine(request: Pick<IncomingMessage, 'socket'>): boolean {
  return machineSockets.has(request.socket);
}

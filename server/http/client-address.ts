import type { IncomingMessage } from 'node:http';
import { ADDRESS_HEADER } from '../../core/contracts/internal.ts';
import { cameFromMachine } from './origin.ts';

const MAX_LENGTH = 45;
const ADDRESS = /^[0-9A-Fa-f:.]{2,45}$/;

/**
 * Where a request comes from, as far as it is known: over the machine's own socket what the SSH front says; over TCP
 * the other end, which is a loopback address, and what a proxy there says for whom it asks. That is only as true as
 * whoever holds the loopback port, so it stands beside the other end and not in its place.
 */
export function clientAddress(request: IncomingMessage): string | undefined {
  if (cameFromMachine(request)) return address(request.headers[ADDRESS_HEADER]);
  const peer = plain(request.socket.remoteAddress);
  // The last one: those before it are what the client itself sent.
  const last = address(
    String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)
      ?.trim(),
  );
  return peer !== undefined && last !== undefined ? `${last} by ${peer}` : peer;
}

function address(said: string | string[] | undefined): string | undefined {
  return typeof said === 'string' && said.length <= MAX_LENGTH && ADDRESS.test(said)
    ? plain(said)
    : undefined;
}

/** IPv4 as IPv4, wherever it came in. */
function plain(said: string | undefined): string | undefined {
  return said?.replace(/^::ffff:(?=\d+\.)/i, '');
}

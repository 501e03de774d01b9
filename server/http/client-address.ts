import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { ADDRESS_HEADER } from '../../core/contracts/internal.ts';
import { sourceOf } from '../git/source.ts';
import { cameFromMachine } from './origin.ts';
import { plainAddress, type Trusts } from './trusted-proxies.ts';

/**
 * Where a request comes from, as far as it is known: over the machine's own socket what the SSH front says; over TCP
 * the other end, or for whom that asks if it is a proxy that the admin trusts. What another proxy says is only as true
 * as whoever can reach the port, so it stands beside the other end and not in its place.
 */
export function clientAddress(request: IncomingMessage, trusts: Trusts): string | undefined {
  if (cameFromMachine(request)) return address(request.headers[ADDRESS_HEADER]);
  const sender = senderOf(request, trusts);
  if (sender === undefined || sender !== peerOf(request)) return sender;
  const said = forwarded(request).at(-1);
  return said === undefined || trusts(sender) ? sender : `${said} by ${sender}`;
}

/** What counts as one client of those that nobody knows. */
export function sourceOfRequest(request: IncomingMessage, trusts: Trusts): string {
  if (cameFromMachine(request)) return 'machine';
  const sender = senderOf(request, trusts);
  return sender === undefined ? '' : sourceOf(sender);
}

/** The nearest end that is no trusted proxy: what stands before it in the header its sender can have made up. */
function senderOf(request: IncomingMessage, trusts: Trusts): string | undefined {
  let sender = peerOf(request);
  for (const said of forwarded(request).toReversed()) {
    if (sender === undefined || said === undefined || !trusts(sender)) break;
    sender = said;
  }
  return sender;
}

function peerOf({ socket }: IncomingMessage): string | undefined {
  return socket.remoteAddress === undefined ? undefined : plainAddress(socket.remoteAddress);
}

/** Nearest last; undefined: that is no address. */
function forwarded(request: IncomingMessage): (string | undefined)[] {
  const header = request.headers['x-forwarded-for'];
  return header === undefined
    ? []
    : String(header)
        .split(',')
        .map((said) => address(said.trim()));
}

function address(said: string | string[] | undefined): string | undefined {
  return typeof said === 'string' && isIP(said) !== 0 ? plainAddress(said) : undefined;
}

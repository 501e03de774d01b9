import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** All addresses of a name, as text. @throws an error with a `code` when there are none */
export type Resolve = (host: string) => Promise<string[]>;

export const resolveBySystem: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/** Why a host must not be asked, or cannot. */
export class HostRefused extends Error {
  readonly why: 'not-public' | 'unresolvable';

  constructor(why: 'not-public' | 'unresolvable', message: string) {
    super(message);
    this.name = 'HostRefused';
    this.why = why;
  }
}

/**
 * The addresses that a connection to a host must be kept to. It is resolved this once: a name that is public now and
 * private a moment later leads nowhere, as nobody asks for it again.
 * @param host without brackets
 * @param mayBePrivate the admin has named it
 * @throws HostRefused when one of its addresses is not public, or it has none
 */
export async function checkedAddresses(
  host: string,
  mayBePrivate: boolean,
  resolve: Resolve = resolveBySystem,
): Promise<string[]> {
  const addresses = isIP(host) === 0 ? await resolved(host, resolve) : [host];
  const inside = addresses.find((address) => !isPublicAddress(address));
  if (inside === undefined || mayBePrivate) return addresses;
  throw new HostRefused('not-public', `${host} is at ${inside}, which is not a public address`);
}

async function resolved(host: string, resolve: Resolve): Promise<string[]> {
  const unresolvable = (why: string): HostRefused =>
    new HostRefused('unresolvable', `the host ${host} cannot be resolved (${why})`);
  let addresses: string[];
  try {
    addresses = await resolve(host);
  } catch (error) {
    throw unresolvable(error instanceof Error && 'code' in error ? String(error.code) : String(error));
  }
  if (addresses.length === 0) throw unresolvable('no address');
  return addresses;
}

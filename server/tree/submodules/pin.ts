import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Refusal } from '../../../core/reason.ts';
import type { SubmoduleAddress } from './address.ts';
import { isPublicAddress } from './public-address.ts';

/**
 * Resolves a host once, and gives git's arguments that keep it to those addresses: a name that resolves to a
 * public address now and to a private one a moment later leads nowhere. Empty for a host that is an address.
 * @throws Refusal `submodule_refused` when one of its addresses is not public and the admin's list does not name it,
 *   `submodule_unreachable` when it cannot be resolved
 */
export async function pinnedAddresses(
  path: string,
  { host, port, listed }: SubmoduleAddress,
): Promise<string[]> {
  const addresses = isIP(host) === 0 ? await resolve(path, host) : [host];
  const inside = addresses.find((address) => !isPublicAddress(address));
  if (inside !== undefined && !listed) {
    throw new Refusal(
      422,
      'submodule_refused',
      `Submodule ${path}: ${host} is at ${inside}, which is not a public address`,
      `the admin can name ${port === 443 ? host : `${host}:${port}`} in SLUICE_SUBMODULE_HOSTS`,
    );
  }
  if (isIP(host) !== 0) return [];
  const written = addresses.map((address) => (isIP(address) === 6 ? `[${address}]` : address));
  return ['-c', `http.curloptResolve=${host}:${port}:${written.join(',')}`];
}

async function resolve(path: string, host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Refusal(
      422,
      'submodule_unreachable',
      `Submodule ${path}: the host ${host} cannot be resolved (${why})`,
      'check its URL in .gitmodules and try again',
    );
  }
}

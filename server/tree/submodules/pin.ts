import { isIP } from 'node:net';
import { Refusal } from '../../../core/reason.ts';
import { checkedAddresses, HostRefused } from '../../hosts/resolve.ts';
import type { SubmoduleAddress } from './address.ts';

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
  const addresses = await checkedAddresses(host, listed).catch((error: unknown) => {
    if (!(error instanceof HostRefused)) throw error;
    const what = `Submodule ${path}: ${error.message}`;
    const written = port === 443 ? host : `${host}:${port}`;
    throw error.why === 'not-public'
      ? new Refusal(422, 'submodule_refused', what, `the admin can name ${written} in SLUICE_SUBMODULE_HOSTS`)
      : new Refusal(422, 'submodule_unreachable', what, 'check its URL in .gitmodules and try again');
  });
  return pinArguments(host, port, addresses);
}

/** Git's arguments that keep HTTP to a host to these addresses; git 2.37 or newer heeds them. */
export function pinArguments(host: string, port: number, addresses: readonly string[]): string[] {
  if (isIP(host) !== 0) return [];
  const written = addresses.map((address) => (isIP(address) === 6 ? `[${address}]` : address));
  return ['-c', `http.curloptResolve=${host}:${port}:${written.join(',')}`];
}

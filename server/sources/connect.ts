import { HostRefused, checkedAddresses, type Resolve } from '../hosts/resolve.ts';
import { Refusal } from '../../core/reason.ts';
import { entryOf } from '../hosts/hosts.ts';
import type { LinkedRepositoryRow } from '../store/linked-repositories.ts';
import { pinArguments } from '../tree/submodules/pin.ts';
import { refused, type SourceAddress } from './address.ts';
import { type Login, sshLogin, tokenLogin } from './login.ts';

/** A way to one linked repository, kept to the addresses that were checked. */
export interface Connection {
  readonly login: Login;
  /** Before git's own command. */
  readonly pin: readonly string[];
}

/**
 * @param folder for the files that ssh needs meanwhile
 * @throws Refusal 422 `source_refused` or `source_unreachable`
 */
export async function connect(
  folder: string,
  address: SourceAddress,
  link: Pick<LinkedRepositoryRow, 'secrets' | 'host_keys'>,
  resolve: Resolve,
): Promise<Connection> {
  const { host, port, mayBePrivate, protocol } = address;
  const addresses = await checkedAddresses(host, mayBePrivate, resolve).catch((error: unknown) => {
    if (!(error instanceof HostRefused)) throw error;
    if (error.why === 'not-public') {
      throw refused(error.message, `inside, the admin can name ${entryOf(address)} in SLUICE_PRIVATE_HOSTS`);
    }
    throw new Refusal(422, 'source_unreachable', error.message, 'check the URL: sluice repository');
  });
  if (protocol !== 'ssh:') {
    return { login: tokenLogin(address, link.secrets), pin: pinArguments(host, port, addresses) };
  }
  const key = link.secrets.deployKey ?? '';
  return {
    login: await sshLogin(folder, address, addresses[0] ?? '', key, link.host_keys ?? undefined),
    pin: [],
  };
}

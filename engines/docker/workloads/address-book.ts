import { Refusal } from '../../../core/reason.ts';
import type { AppRef } from '../../port.ts';
import type { AppNetworks } from '../network/app-networks.ts';
import { formatSubnet, freeAddress } from '../network/subnets.ts';
import type { Containers } from './containers.ts';

/**
 * Gives out addresses in an app's network. They are chosen here and never by the engine, which would give the
 * address of a container that is stopped for a moment to the next one that starts.
 */
export class AddressBook {
  private readonly networks: AppNetworks;
  private readonly containers: Containers;

  constructor(networks: AppNetworks, containers: Containers) {
    this.networks = networks;
    this.containers = containers;
  }

  /**
   * Chooses `count` free addresses. The caller holds the app's turn until containers with them exist.
   * @throws Refusal `no_address_left`
   */
  async choose(app: AppRef, count: number): Promise<string[]> {
    const subnet = await this.networks.ensure(app);
    const taken = count === 0 ? new Set<string>() : await this.containers.addresses(app.id);
    return Array.from({ length: count }, () => {
      const address = freeAddress(subnet, taken);
      if (address === undefined) {
        throw new Refusal(
          507,
          'no_address_left',
          `all addresses of the network of ${app.name} (${formatSubnet(subnet)}) are taken`,
          `an app has room for 61 containers over all its releases: scale down with sluice ps:scale -a ${app.name}`,
        );
      }
      taken.add(address);
      return address;
    });
  }
}

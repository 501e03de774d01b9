import type Docker from 'dockerode';
import { Refusal } from '../../../core/reason.ts';
import type { AppRef } from '../../port.ts';
import { engineMessage, engineStatus, reached, unless } from '../client.ts';
import { LABEL, networkName } from '../workloads/labels.ts';
import { hostSubnets } from './host-subnets.ts';
import { formatSubnet, freeSubnets, gatewayOf, parseSubnet, type Subnet } from './subnets.ts';

/**
 * A bridge network for each app, in small subnets out of one range: Docker's own pools end at about 31 networks.
 */
export class AppNetworks {
  private readonly docker: Docker;
  private readonly installationId: string;
  private readonly pool: Subnet;
  private readonly subnets = new Map<string, Subnet>();
  private readonly underway = new Map<string, Promise<Subnet>>();
  /** Chosen by a call under way, not seen by the engine yet. */
  private readonly reserved = new Set<Subnet>();
  private choosing: Promise<unknown> = Promise.resolve();

  constructor(docker: Docker, installationId: string, appSubnet: string) {
    this.docker = docker;
    this.installationId = installationId;
    this.pool = parseSubnet(appSubnet);
  }

  /**
   * Makes the app's network unless it is there, and gives its subnet. Calls for many apps may run at once.
   * @throws Refusal `no_subnet_left` when the range is used up
   */
  async ensure(app: AppRef): Promise<Subnet> {
    const known = this.subnets.get(app.id);
    if (known !== undefined) return known;
    const running = this.underway.get(app.id);
    if (running !== undefined) return running;
    const made = this.findOrMake(app).finally(() => this.underway.delete(app.id));
    this.underway.set(app.id, made);
    return made;
  }

  /** Forgets what is known of an app's network, so that the next `ensure` asks the engine. */
  forget(appId: string): void {
    this.subnets.delete(appId);
  }

  /** Removes an app's network; whatever is still in it is cut off first. */
  async remove(appId: string): Promise<void> {
    this.forget(appId);
    for (const network of await this.list()) {
      if (network.Labels?.[LABEL.app] === appId) await this.removeOne(network.Id);
    }
  }

  /** Ids of all apps that have a network of this installation. */
  async appIds(): Promise<string[]> {
    return (await this.list()).map((network) => network.Labels?.[LABEL.app] ?? '');
  }

  private async removeOne(id: string): Promise<void> {
    const network = this.docker.getNetwork(id);
    const seen = await unless([404], network.inspect());
    for (const container of Object.keys(seen?.Containers ?? {})) {
      await unless([404], network.disconnect({ Container: container, Force: true } as object));
    }
    await unless([404], network.remove());
  }

  private async findOrMake(app: AppRef): Promise<Subnet> {
    const name = networkName(this.installationId, app.id);
    const found = (await this.list()).find((network) => network.Name === name);
    const range = found?.IPAM?.Config?.[0]?.Subnet;
    const subnet = range === undefined ? await this.make(app, name) : parseSubnet(range);
    this.subnets.set(app.id, subnet);
    return subnet;
  }

  private async make(app: AppRef, name: string): Promise<Subnet> {
    const refused: Subnet[] = [];
    for (;;) {
      const subnet = await this.reserve(refused);
      try {
        await this.create(app, name, subnet);
        return subnet;
      } catch (error) {
        if (!isOverlap(error)) throw error;
        refused.push(subnet);
      } finally {
        this.reserved.delete(subnet);
      }
    }
  }

  /** One call at a time chooses, so that no two choose the same. */
  private reserve(refused: readonly Subnet[]): Promise<Subnet> {
    const choice = this.choosing.then(async () => {
      const [all, host] = await Promise.all([reached(this.docker.listNetworks()), hostSubnets()]);
      const engine = all
        .flatMap((network) => network.IPAM?.Config ?? [])
        .flatMap((config) => (config.Subnet?.includes('.') === true ? [parseSubnet(config.Subnet)] : []));
      const [free] = freeSubnets(this.pool, [...engine, ...host, ...this.reserved, ...refused]);
      if (free === undefined) {
        throw new Refusal(
          507,
          'no_subnet_left',
          `all networks in ${formatSubnet(this.pool)} are taken`,
          'set SLUICE_APP_SUBNET to a wider range that nothing else uses, or destroy apps that are not needed',
        );
      }
      this.reserved.add(free);
      return free;
    });
    this.choosing = choice.catch(() => undefined);
    return choice;
  }

  private async create(app: AppRef, name: string, subnet: Subnet): Promise<void> {
    await reached(
      this.docker.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Driver: 'bridge',
        EnableIPv6: false,
        IPAM: { Driver: 'default', Config: [{ Subnet: formatSubnet(subnet), Gateway: gatewayOf(subnet) }] },
        Labels: {
          [LABEL.installation]: this.installationId,
          [LABEL.app]: app.id,
          [LABEL.appName]: app.name,
        },
      }),
    );
  }

  private list() {
    return reached(
      this.docker.listNetworks({ filters: { label: [`${LABEL.installation}=${this.installationId}`] } }),
    );
  }
}

/** 20.10 answers 403 and newer ones 400, in these words, when a range is taken by a network or a bridge. */
function isOverlap(error: unknown): boolean {
  return engineStatus(error) !== undefined && /overlap|conflicts with network/i.test(engineMessage(error));
}

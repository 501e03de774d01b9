import type { ContainerInfo } from 'dockerode';
import { Refusal } from '../../../core/reason.ts';
import type { ProcessSpec, ReleaseSpec } from '../../port.ts';
import { engineMessage } from '../client.ts';
import type { AppNetworks } from '../network/app-networks.ts';
import type { AddressBook } from './address-book.ts';
import type { AppTurns } from '../../replicas/app-turns.ts';
import { replicaContainer, type ResourceLimits } from './container-spec.ts';
import type { Containers } from './containers.ts';
import { readReplicaLabels, replicaIdentity, type ReplicaIdentity } from './labels.ts';
import { planRelease, type ExistingReplica, type Place } from './plan.ts';
import type { ReplicaWatch } from './replica-watch.ts';
import type { Retirement } from './retirement.ts';
import { putFiles } from './secret-files.ts';
import type { Supervisor } from './supervisor.ts';

export interface ReplicaSetParts {
  readonly installationId: string;
  readonly limits: ResourceLimits;
  readonly containers: Containers;
  readonly networks: AppNetworks;
  readonly addresses: AddressBook;
  readonly turns: AppTurns;
  readonly supervisor: Supervisor;
  readonly retirement: Retirement;
  /** Milliseconds that a ready replica is shown as stopping before it is asked to end. */
  readonly drainMs: number;
  /** Told of what went wrong after a call has been answered. */
  readonly onBackgroundError: (error: unknown) => void;
}

interface Known extends ExistingReplica {
  readonly id: ReplicaIdentity;
}

/** Makes the containers of one release be as its spec says. */
export class ReplicaSets {
  private readonly parts: ReplicaSetParts;
  /** Containers that a restart under way is replacing or has made. */
  private readonly held = new Set<string>();

  constructor(parts: ReplicaSetParts) {
    this.parts = parts;
  }

  /** Starts what is missing, side by side, and begins to stop what is too many. */
  async ensure(release: ReleaseSpec): Promise<void> {
    const { turns, containers } = this.parts;
    const begun = await turns.run(release.app.id, async () => {
      const existing = await this.existing(release);
      const plan = planRelease(release.processes, existing, this.held);
      for (const { containerId, id } of existing) {
        if (plan.remove.includes(containerId)) this.retireInBackground(containerId, id);
      }
      return [...plan.start, ...(await this.create(release, plan.create)).map((watch) => watch.container.id)];
    });
    await Promise.all(begun.map((id) => this.start(release, id, containers)));
  }

  /**
   * Replaces replicas one after the other: the new one is ready before the old one is asked to end.
   * @throws Refusal `restart_failed` when a new one does not become ready; the old one then stays
   */
  async restart(release: ReleaseSpec, processType?: string): Promise<void> {
    for (const process of release.processes) {
      if (processType !== undefined && process.type !== processType) continue;
      for (let index = 1; index <= process.replicas; index += 1) await this.replace(release, process, index);
    }
  }

  private async replace(release: ReleaseSpec, process: ProcessSpec, index: number): Promise<void> {
    const { turns, containers, retirement, drainMs } = this.parts;
    const held: string[] = [];
    try {
      const { watch, old } = await turns.run(release.app.id, async () => {
        const there = (await this.existing(release)).filter(
          (replica) => replica.process === process.type && replica.index === index,
        );
        const generation = Math.max(0, ...there.map((replica) => replica.generation)) + 1;
        const [made] = await this.create(release, [{ process: process.type, index, generation }]);
        if (made === undefined) throw new Error('no replica was made');
        held.push(made.container.id, ...there.map((replica) => replica.containerId));
        for (const id of held) this.held.add(id);
        return { watch: made, old: there };
      });
      await this.start(release, watch.container.id, containers);
      await this.untilReady(watch, release);
      await Promise.all(
        old.map(({ containerId, id }) => retirement.retire(containerId, id, id.graceSeconds, drainMs)),
      );
    } finally {
      for (const id of held) this.held.delete(id);
    }
  }

  private async untilReady(watch: ReplicaWatch, release: ReleaseSpec): Promise<void> {
    const state = await new Promise<string>((resolve) => {
      const look = (): void => {
        const now = watch.gone ? 'gone' : watch.status.state;
        if (now === 'starting') return;
        stop();
        resolve(now);
      };
      const stop = this.parts.supervisor.onChange((appId) => {
        if (appId === watch.id.appId) look();
      });
      look();
    });
    if (state === 'ready') return;
    const why = watch.status.reason;
    await this.parts.retirement.retire(watch.container.id, watch.id, watch.id.graceSeconds);
    throw new Refusal(
      502,
      'restart_failed',
      `the new ${watch.id.process}.${watch.id.index} did not become ready, the old one goes on: ${why?.message ?? state}`,
      why?.hint ?? `what it wrote: sluice logs -r v${release.releaseNumber} -a ${release.app.name}`,
      why?.detail,
    );
  }

  /** Containers of the release with their states. */
  private async existing(release: ReleaseSpec): Promise<Known[]> {
    const found = await this.parts.containers.list({
      appId: release.app.id,
      releaseId: release.releaseId,
      kind: 'replica',
    });
    const known = await Promise.all(found.map((container) => this.known(container)));
    return known.filter((replica) => replica !== undefined);
  }

  private async known(container: ContainerInfo): Promise<Known | undefined> {
    const id = readReplicaLabels(container.Labels);
    if (id === undefined) return undefined;
    const watch = this.parts.supervisor.track(container.Id, id);
    await watch.settled;
    return {
      id,
      containerId: container.Id,
      process: id.process,
      index: id.index,
      generation: id.generation,
      status: container.State,
      state: watch.status.state,
      ...(watch.failedAt === undefined ? {} : { failedFor: performance.now() - watch.failedAt }),
    };
  }

  private async create(release: ReleaseSpec, places: readonly Place[]): Promise<ReplicaWatch[]> {
    if (places.length === 0) return [];
    const { installationId, containers, supervisor, limits } = this.parts;
    const addresses = await this.parts.addresses.choose(release.app, places.length);
    return Promise.all(
      places.map(async (place, position) => {
        const id = replicaIdentity(installationId, release, { ...place, address: addresses[position] ?? '' });
        const command = release.processes.find((process) => process.type === place.process)?.command;
        const container = await containers.create(release, replicaContainer(release, id, command, limits));
        return supervisor.track(container.id, id);
      }),
    );
  }

  private async start(release: ReleaseSpec, containerId: string, containers: Containers): Promise<void> {
    const container = containers.docker.getContainer(containerId);
    // Each time, as whoever made it may have died before.
    await putFiles(container, release);
    try {
      await containers.startPatiently(container);
    } catch (error) {
      const said = engineMessage(error);
      if (/task .* already exists/i.test(said)) {
        // An engine that was stopped half way through a start (20.10) never starts this one again: another takes its place.
        await containers.remove(containerId);
        throw new Error(`a container that the engine cannot start again was removed: ${said}`, {
          cause: error,
        });
      }
      if (!/network .* not found/i.test(said)) throw error;
      // Somebody removed the app's network by hand.
      this.parts.networks.forget(release.app.id);
      await this.parts.networks.ensure(release.app);
      await containers.startPatiently(container);
    }
    this.parts.supervisor.find(containerId)?.lookAgain();
  }

  private retireInBackground(containerId: string, id: ReplicaIdentity): void {
    const { retirement, drainMs, onBackgroundError } = this.parts;
    retirement.retire(containerId, id, id.graceSeconds, drainMs).catch(onBackgroundError);
  }
}

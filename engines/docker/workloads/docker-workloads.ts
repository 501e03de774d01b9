import type Docker from 'dockerode';
import type { PinnedReference } from '../../../core/image-reference.ts';
import type {
  AppRef,
  BuiltImage,
  EngineUsage,
  ListedReplica,
  LogLine,
  LogOptions,
  OneOff,
  OneOffCommand,
  Period,
  ReleaseSpec,
  Replica,
  Workloads,
} from '../../port.ts';
import type { LoginOf } from './adopted-images.ts';
import { AppNetworks } from '../network/app-networks.ts';
import { AddressBook } from './address-book.ts';
import { AppImages } from './app-images.ts';
import { AppTurns } from '../../replicas/app-turns.ts';
import { BuildCache } from './build-cache.ts';
import type { ResourceLimits } from './container-spec.ts';
import { Containers } from './containers.ts';
import { freeBytes } from './engine-disk.ts';
import { AppLogs } from '../../logs/app-logs.ts';
import { KeptLogs } from '../../logs/kept-logs.ts';
import { LABEL, readReplicaLabels, replicaName, type ReplicaIdentity } from './labels.ts';
import { OneOffs } from './one-offs.ts';
import { DockerReplicaLogs } from './replica-logs.ts';
import { removeLeftFiles } from './secret-files.ts';
import { ReplicaSets } from './replica-set.ts';
import type { ReplicaWatch } from './replica-watch.ts';
import { Retirement } from './retirement.ts';
import { Supervisor } from './supervisor.ts';

export interface DockerWorkloadsOptions {
  readonly docker: Docker;
  readonly installationId: string;
  /** IPv4 range for all app networks, such as 10.213.0.0/16: each app takes 64 addresses of it. */
  readonly appSubnet: string;
  /** For each replica and each one-off. */
  readonly limits: ResourceLimits;
  /** Where the last lines of replicas that are gone are kept. */
  readonly logsFolder: string;
  /** Of registries whose images are released without a build; absent: none. */
  readonly loginOf?: LoginOf;
  /** Milliseconds that a ready replica is shown as stopping before SIGTERM, when it is one too many or replaced. */
  readonly drainMs?: number;
  /** Told of failures that no caller waits for (stopping what is too many); `ensure` tries them again. */
  readonly onBackgroundError?: (error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const DRAIN_MS = 1_000;
/** Grace when an app is destroyed: it has no visitors any more. */
const LAST_GRACE_SECONDS = 5;
const KEPT_LOG_MS = 7 * 24 * 3_600_000;
const KEPT_ONE_OFF_MS = 3_600_000;

/** `Workloads` on one Docker engine. It holds no truth: a new instance goes on with what the engine shows. */
export class DockerWorkloads implements Workloads {
  private readonly containers: Containers;
  private readonly networks: AppNetworks;
  private readonly supervisor: Supervisor;
  private readonly retirement: Retirement;
  private readonly replicaSets: ReplicaSets;
  private readonly oneOffs: OneOffs;
  private readonly appLogs: AppLogs;
  private readonly appImages: AppImages;
  private readonly buildCache: BuildCache;
  private readonly keptLogs: KeptLogs;
  private readonly installationId: string;
  private readonly loginOf: LoginOf;
  private readonly now: () => number;

  constructor(options: DockerWorkloadsOptions) {
    const { docker, installationId, limits } = options;
    const turns = new AppTurns();
    this.installationId = installationId;
    this.now = options.now ?? Date.now;
    this.loginOf = options.loginOf ?? (async () => undefined);
    this.keptLogs = new KeptLogs(options.logsFolder);
    this.containers = new Containers(docker, installationId);
    this.networks = new AppNetworks(docker, installationId, options.appSubnet);
    this.supervisor = new Supervisor(docker, installationId, limits.memoryBytes);
    this.retirement = new Retirement(this.containers, this.supervisor, this.keptLogs);
    this.appLogs = new AppLogs(new DockerReplicaLogs(this.containers, this.supervisor), this.keptLogs);
    this.appImages = new AppImages(docker, installationId);
    this.buildCache = new BuildCache(docker);
    const addresses = new AddressBook(this.networks, this.containers);
    const shared = { installationId, limits, containers: this.containers, addresses, turns };
    this.oneOffs = new OneOffs(shared);
    this.replicaSets = new ReplicaSets({
      ...shared,
      networks: this.networks,
      supervisor: this.supervisor,
      retirement: this.retirement,
      drainMs: options.drainMs ?? DRAIN_MS,
      onBackgroundError: options.onBackgroundError ?? (() => undefined),
    });
  }

  async prepareApp(app: AppRef): Promise<void> {
    await this.networks.ensure(app);
  }

  ensure(release: ReleaseSpec): Promise<void> {
    return this.replicaSets.ensure(release);
  }

  /** @throws EngineUnreachable when the engine does not answer */
  async observe(appId?: string): Promise<Replica[]> {
    const watches = await this.watches(appId === undefined ? {} : { appId });
    await Promise.all(watches.map((watch) => watch.settled));
    return watches.filter((watch) => !watch.gone).map(show);
  }

  async list(): Promise<ListedReplica[]> {
    return (await this.containers.list({ kind: 'replica' })).flatMap(({ Labels, State }) => {
      const id = readReplicaLabels(Labels);
      return id === undefined ? [] : [{ ...placeOf(id), running: State === 'running' }];
    });
  }

  watch(changed: (appId: string) => void): () => void {
    return this.supervisor.onChange(changed);
  }

  restart(release: ReleaseSpec, processType?: string): Promise<void> {
    return this.replicaSets.restart(release, processType);
  }

  async removeRelease(app: AppRef, releaseId: string, graceSeconds: number): Promise<void> {
    const watches = await this.watches({ appId: app.id, releaseId });
    await Promise.all(
      watches.map((watch) => this.retirement.retire(watch.container.id, watch.id, graceSeconds)),
    );
  }

  async removeApp(appId: string): Promise<void> {
    const watches = await this.watches({ appId });
    await Promise.all(
      watches.map((watch) =>
        this.retirement.retire(
          watch.container.id,
          watch.id,
          Math.min(watch.id.graceSeconds, LAST_GRACE_SECONDS),
        ),
      ),
    );
    for (const container of await this.containers.list({ appId })) await this.containers.remove(container.Id);
    await this.networks.remove(appId);
    await this.appImages.removeAll(appId);
    await this.keptLogs.removeApp(appId);
  }

  run(release: ReleaseSpec, command: OneOffCommand): Promise<OneOff> {
    return this.oneOffs.run(release, command);
  }

  findOneOff(appId: string, key: string) {
    return this.oneOffs.find(appId, key);
  }

  endOneOff(appId: string, key: string): Promise<void> {
    return this.oneOffs.end(appId, key);
  }

  logs(app: AppRef, options: LogOptions): AsyncIterable<LogLine> {
    return this.appLogs.read(app, options);
  }

  adoptImage(app: AppRef, reference: PinnedReference, signal: AbortSignal): Promise<BuiltImage> {
    return this.appImages.adopt(app.id, reference, this.loginOf, signal);
  }

  images(appId: string) {
    return this.appImages.list(appId);
  }

  removeImage(appId: string, image: string): Promise<void> {
    return this.appImages.remove(appId, image);
  }

  async usage(built: readonly Period[]): Promise<EngineUsage> {
    const [images, cache, appLogs, free] = await Promise.all([
      this.appImages.bytes(),
      this.buildCache.bytes(built),
      this.keptLogs.bytes(),
      freeBytes(this.containers.docker),
    ]);
    return {
      images,
      buildCache: cache?.own,
      otherCache: cache?.others ?? 0,
      appLogs,
      ...(free === undefined ? {} : { free }),
    };
  }

  trimBuildCache(bytes: number, built: readonly Period[]): Promise<number> {
    return this.buildCache.trim(bytes, built);
  }

  /** Removes all that this installation has in the engine; nothing of it may run any more. */
  async removeInstallation(): Promise<void> {
    await this.sweep(new Set());
    await this.appImages.removeInstallation();
  }

  /** Also lets go what is kept for a while: logs of ended replicas (7 days), ended one-offs (1 hour). */
  async sweep(appIds: ReadonlySet<string>): Promise<void> {
    const found = await Promise.all([
      this.containers.list().then((list) => list.map((container) => container.Labels[LABEL.app] ?? '')),
      this.networks.appIds(),
      this.appImages.appIds(),
      this.keptLogs.appIds(),
    ]);
    const orphans = new Set(found.flat().filter((appId) => appId !== '' && !appIds.has(appId)));
    for (const appId of orphans) await this.removeApp(appId);
    await this.keptLogs.prune(this.now() - KEPT_LOG_MS);
    await this.sweepOneOffs();
    await removeLeftFiles(this.containers.docker, this.installationId);
  }

  /** Stops watching; what runs goes on running. The instance is not to be used afterwards. */
  close(): Promise<void> {
    return this.supervisor.close();
  }

  private async sweepOneOffs(): Promise<void> {
    const before = this.now() - KEPT_ONE_OFF_MS;
    for (const container of await this.containers.list({ kind: 'oneoff' })) {
      const ended =
        container.State === 'exited' || container.State === 'created' || container.State === 'dead';
      if (!ended || container.Created * 1_000 > before) continue;
      const seen = await this.containers.docker.getContainer(container.Id).inspect();
      if (Date.parse(seen.State.FinishedAt) < before) await this.containers.remove(container.Id);
    }
  }

  private async watches(filter: { appId?: string; releaseId?: string }): Promise<ReplicaWatch[]> {
    const found = await this.containers.list({ ...filter, kind: 'replica' });
    return found.flatMap((container) => {
      const id = readReplicaLabels(container.Labels);
      return id === undefined ? [] : [this.supervisor.track(container.Id, id)];
    });
  }
}

function show(watch: ReplicaWatch): Replica {
  const { id, status } = watch;
  return {
    ...placeOf(id),
    state: status.state,
    restarts: status.restarts,
    ...(status.reason === undefined ? {} : { reason: status.reason }),
    ...(status.crash === undefined ? {} : { crash: status.crash }),
    ...(status.startedAt === undefined ? {} : { startedAt: status.startedAt }),
  };
}

function placeOf(id: ReplicaIdentity): Omit<ListedReplica, 'running'> {
  return {
    appId: id.appId,
    releaseId: id.releaseId,
    process: id.process,
    index: id.index,
    name: replicaName(id),
    ...(id.process === 'web' ? { address: { host: id.address, port: id.port } } : {}),
  };
}

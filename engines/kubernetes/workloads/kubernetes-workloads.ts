import type { PinnedReference } from '../../../core/image-reference.ts';
import type {
  AppRef,
  BuiltImage,
  EngineUsage,
  KeptRelease,
  ListedReplica,
  LogLine,
  LogOptions,
  OneOff,
  OneOffCommand,
  ReleaseSpec,
  Replica,
  Workloads,
} from '../../port.ts';
import { AppLogs } from '../../logs/app-logs.ts';
import { KeptLogs } from '../../logs/kept-logs.ts';
import { AppTurns } from '../../replicas/app-turns.ts';
import type { Cluster } from '../api/cluster.ts';
import { AppImages, type ImagePlace } from './app-images.ts';
import { AppSpaces } from './app-spaces.ts';
import { DriftWatch, type Drift } from './drift.ts';
import { Fleet, type Tracked } from './fleet.ts';
import { LogKeeper } from './log-keeper.ts';
import type { Missing } from './missing-replicas.ts';
import type { NamespaceAccess, NetworkRules } from './objects/app-objects.ts';
import { processName, type ResourceLimits } from './objects/asked.ts';
import type { PullLogin } from './objects/pull-login.ts';
import { OneOffs } from './one-offs.ts';
import { OwnObjects } from './own-objects.ts';
import { untilGone } from './pod-endings.ts';
import { ReleaseSecrets } from './release-secrets.ts';
import { Releases } from './releases.ts';
import { PodLogs } from './replica-logs.ts';

export interface KubernetesWorkloadsOptions {
  readonly cluster: Cluster;
  readonly installationId: string;
  /** Of this server in the journal; every write carries it, and what a newer one wrote is left alone. */
  readonly generation?: number;
  /** For each replica and each one-off. */
  readonly limits: ResourceLimits;
  readonly network: NetworkRules;
  /** Absent: the server may act in every namespace. */
  readonly access?: NamespaceAccess;
  /** With which nodes pull them; absent: without a login. */
  readonly pull?: PullLogin;
  /** Where builds push images. */
  readonly images: ImagePlace;
  /** Where the last lines of replicas that are gone are kept. */
  readonly logsFolder: string;
  /** Removes what builds of an app have left in the cluster. */
  readonly removeBuilds?: (appId: string) => Promise<void>;
  /** Told of what somebody changed by hand, once it is put back. */
  readonly onDrift?: (drift: Drift) => void;
  /** Told of failures that no caller waits for. */
  readonly onBackgroundError?: (error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Grace when an app is destroyed: it has no visitors any more. */
const LAST_GRACE_SECONDS = 5;
const KEPT_LOG_MS = 7 * 24 * 3_600_000;

/** `Workloads` on a Kubernetes cluster. It holds no truth: a new instance goes on with what the cluster shows. */
export class KubernetesWorkloads implements Workloads {
  private readonly options: KubernetesWorkloadsOptions;
  private readonly own: OwnObjects;
  private readonly fleet: Fleet;
  private readonly spaces: AppSpaces;
  private readonly secrets: ReleaseSecrets;
  private readonly releases: Releases;
  private readonly oneOffs: OneOffs;
  private readonly keptLogs: KeptLogs;
  private readonly keeper: LogKeeper;
  private readonly appLogs: AppLogs;
  private readonly appImages: AppImages;
  private readonly drift: DriftWatch;
  private readonly turns = new AppTurns();
  private readonly now: () => number;

  constructor(options: KubernetesWorkloadsOptions) {
    const { cluster, installationId, limits, network, access, generation } = options;
    const failed = options.onBackgroundError ?? (() => undefined);
    this.options = options;
    this.now = options.now ?? Date.now;
    this.own = new OwnObjects({
      cluster,
      installationId,
      failed,
      ...(generation === undefined ? {} : { generation }),
    });
    this.appImages = new AppImages(installationId, options.images);
    this.fleet = new Fleet({
      cluster,
      installationId,
      own: this.own,
      isImageMissing: (image) => this.appImages.isMissing(image),
      failed,
    });
    this.spaces = new AppSpaces({
      cluster,
      installationId,
      own: this.own,
      network,
      ...(access === undefined ? {} : { access }),
      ...(options.pull === undefined ? {} : { pull: options.pull }),
    });
    const shared = { cluster, installationId, limits, fleet: this.fleet, spaces: this.spaces };
    this.secrets = new ReleaseSecrets({ cluster, installationId, own: this.own });
    const { own, secrets, turns } = this;
    this.releases = new Releases({ ...shared, own, secrets, turns });
    this.oneOffs = new OneOffs({ ...shared, prepare: (release) => this.releases.prepare(release) });
    this.keptLogs = new KeptLogs(options.logsFolder);
    this.keeper = new LogKeeper(cluster, this.fleet, this.keptLogs, failed);
    this.appLogs = new AppLogs(new PodLogs(cluster, this.fleet, this.keeper), this.keptLogs);
    this.drift = new DriftWatch({
      installationId,
      own: this.own,
      spaces: this.spaces,
      drifted: (drift) => options.onDrift?.(drift),
      failed,
    });
    this.fleet.start();
  }

  prepareApp(app: AppRef): Promise<void> {
    return this.turns.run(app.id, () => this.spaces.prepare(app));
  }

  ensure(release: ReleaseSpec): Promise<void> {
    return this.releases.ensure(release);
  }

  /** @throws ClusterUnreachable when the API server cannot be heard */
  async observe(appId?: string): Promise<Replica[]> {
    const there = await this.fleet.current(appId === undefined ? {} : { appId });
    return [...there.map((one) => this.show(one)), ...this.fleet.missing(appId).map(showMissing)];
  }

  async list(): Promise<ListedReplica[]> {
    await this.fleet.heard();
    const there = this.fleet.find({}).map((one) => ({ ...this.placeOf(one), running: isUp(one) }));
    return [
      ...there,
      ...this.fleet.missing().map((missing) => ({ ...missingPlace(missing), running: false })),
    ];
  }

  watch(changed: (appId: string) => void): () => void {
    return this.fleet.onChange(changed);
  }

  restart(release: ReleaseSpec, processType?: string): Promise<void> {
    return this.releases.restart(release, processType);
  }

  async removeRelease(app: AppRef, releaseId: string, graceSeconds: number): Promise<void> {
    await this.releases.remove(app, releaseId, graceSeconds);
    await this.keeper.settled(app.id);
  }

  kept(appId?: string): Promise<KeptRelease[]> {
    return this.secrets.kept(appId);
  }

  async removeApp(appId: string): Promise<void> {
    await this.fleet.heard();
    await this.turns.run(appId, () =>
      this.spaces.remove(appId, (namespace) => this.untilGone(appId, namespace)),
    );
    await this.options.removeBuilds?.(appId);
    await this.appImages.removeAll(appId);
    await this.keeper.settled(appId);
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
    return this.appImages.adopt(app.id, reference, signal);
  }

  images(appId: string) {
    return this.appImages.list(appId);
  }

  removeImage(appId: string, image: string): Promise<void> {
    return this.appImages.remove(appId, image);
  }

  /** The nodes' own disks are the cluster's business: what they hold of images and caches, the kubelet lets go. */
  async usage(): Promise<EngineUsage> {
    const [images, appLogs] = await Promise.all([this.appImages.bytes(), this.keptLogs.bytes()]);
    return { images, buildCache: 0, otherCache: 0, appLogs };
  }

  /** Caches are volumes of fixed size, one an app. */
  trimBuildCache(): Promise<number> {
    return Promise.resolve(0);
  }

  /**
   * Also lets go what is kept for a while: logs of ended replicas (7 days), ended one-offs (1 hour).
   * @throws AggregateError of what went wrong, once all else is done: a registry that is away stops nothing
   */
  async sweep(appIds: ReadonlySet<string>): Promise<void> {
    // All looks begin now: an app that is made while another takes long would be nobody's.
    const [spaces, images, logs, ...others] = await Promise.allSettled([
      this.spaces.appIds(),
      this.appImages.appIds(),
      this.keptLogs.appIds(),
      this.oneOffs.sweep(this.now()),
      this.keptLogs.prune(this.now() - KEPT_LOG_MS),
    ]);
    const sources = [spaces, images, logs];
    const failures = [...sources, ...others].flatMap((done): unknown[] =>
      done.status === 'rejected' ? [done.reason] : [],
    );
    const found = new Set(sources.flatMap((source) => (source.status === 'fulfilled' ? source.value : [])));
    for (const appId of found) {
      if (!appIds.has(appId)) await this.removeApp(appId).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('; '));
  }

  /** Removes all that this installation has in the cluster; nothing of it may run any more. */
  async removeInstallation(): Promise<void> {
    await this.sweep(new Set());
  }

  /** Stops watching; what runs goes on running. The instance is not to be used afterwards. */
  async close(): Promise<void> {
    this.drift.close();
    await this.keeper.close();
    await this.fleet.close();
    await this.own.close();
  }

  private show(one: Tracked): Replica {
    const { status } = one.watch;
    return {
      ...this.placeOf(one),
      state: status.state,
      restarts: status.restarts,
      ...(status.reason === undefined ? {} : { reason: status.reason }),
      ...(status.crash === undefined ? {} : { crash: status.crash }),
      ...(status.startedAt === undefined ? {} : { startedAt: status.startedAt }),
      ...(one.process === 'web' ? { service: { namespace: one.namespace, name: processName(one) } } : {}),
    };
  }

  private placeOf(one: Tracked): Omit<ListedReplica, 'running'> {
    const { ip } = one.watch.facts;
    const port = this.fleet.askedOf(one)?.port;
    const reachable = one.process === 'web' && ip !== undefined && port !== undefined;
    return {
      appId: one.appId,
      releaseId: one.releaseId,
      process: one.process,
      index: one.index,
      name: one.name,
      ...(reachable ? { address: { host: ip, port } } : {}),
    };
  }

  private async untilGone(appId: string, namespace: string): Promise<void> {
    await untilGone({ cluster: this.options.cluster, fleet: this.fleet }, { appId }, LAST_GRACE_SECONDS);
    await this.own.untilGone('Namespace', '', namespace);
  }
}

function isUp({ watch }: Tracked): boolean {
  return watch.facts.phase === 'running' && !watch.facts.leaving;
}

function showMissing(missing: Missing): Replica {
  return {
    ...missingPlace(missing),
    state: 'starting',
    restarts: 0,
    ...(missing.reason === undefined ? {} : { reason: missing.reason }),
  };
}

function missingPlace({ asked, index }: Missing): Omit<ListedReplica, 'running'> {
  return {
    appId: asked.appId,
    releaseId: asked.releaseId,
    process: asked.process,
    index,
    name: `${processName(asked)}-${String(index)}`,
  };
}

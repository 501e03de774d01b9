import type { Logger } from 'pino';
import { connectDocker } from '../engines/docker/client.ts';
import { DockerWorkloads } from '../engines/docker/workloads/docker-workloads.ts';
import {
  ensureFirewall,
  type FirewallState,
  removeFirewall,
  whenBridgesAreSeen,
} from '../engines/docker/network/firewall.ts';
import { passwordsIn, readLogins } from '../engines/kubernetes/registry/login-files.ts';
import { ClusterTraffic } from '../engines/kubernetes/traffic/cluster-traffic.ts';
import type { Traffic, Workloads } from '../engines/port.ts';
import { RouterTraffic } from '../router/client.ts';
import { FileBuildLogs } from './build-logs.ts';
import { CanaryWatch } from './canary/canary-watch.ts';
import { Changes } from './changes.ts';
import { Controller } from './controller/controller.ts';
import { Progress } from './controller/progress.ts';
import { Routes } from './controller/routes.ts';
import { AttemptTokens, firstAttemptTokenKey } from './dispatch/attempt-tokens.ts';
import { type AttemptPolicy, Attempts, BUILDER_RUNS_IT, CLUSTER_RUNS_IT } from './dispatch/attempts.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { followEnd } from './internal/builds.ts';
import { deployer } from './hooks/deploy.ts';
import { DeliveryProcessor } from './hooks/processor.ts';
import type { FollowedByRouters } from './internal/routers.ts';
import { KeyedLock } from './keyed-lock.ts';
import { Outgoing } from './outgoing/outgoing.ts';
import { type Resolve, resolveBySystem } from './hosts/resolve.ts';
import { PlatformOperations } from './operations/platform-operations.ts';
import { examine, type Finding } from './platform/doctor.ts';
import { lockDataFolder } from './platform/lock.ts';
import { KeyRotation } from './platform/key-rotation.ts';
import { masterKeys } from './platform/master-key.ts';
import { type BuildQueue, RedisBuildQueue } from './queue/queue.ts';
import { platformSecrets } from './redaction/platform-secrets.ts';
import { serverLog } from './redaction/server-log.ts';
import { Repositories } from './repositories/repositories.ts';
import { Retention } from './retention/retention.ts';
import type { Settings } from './settings.ts';
import { LinkedSource } from './sources/linked-source.ts';
import { Store } from './store/store.ts';
import { Vault } from './store/vault.ts';
import { openTree } from './tree/open-tree.ts';

/** Everything that the server is made of. Built here and nowhere else; tests override the parts at its edge. */
export interface ServerContext {
  readonly settings: Settings;
  readonly log: Logger;
  readonly store: Store;
  readonly workloads: Workloads;
  readonly traffic: Traffic;
  /** What routers on other machines follow; undefined: there is one, on this machine. */
  readonly followed: FollowedByRouters | undefined;
  readonly queue: BuildQueue;
  readonly repositories: Repositories;
  readonly buildLogs: FileBuildLogs;
  readonly changes: Changes;
  readonly attempts: Attempts;
  readonly tokens: AttemptTokens;
  readonly rotation: KeyRotation;
  readonly dispatcher: Dispatcher;
  readonly controller: Controller;
  readonly retention: Retention;
  readonly outgoing: Outgoing;
  readonly source: LinkedSource;
  readonly resolve: Resolve;
  readonly operations: PlatformOperations;
  /** Works on what web hooks brought. */
  readonly deliveries: DeliveryProcessor;
  readonly openTree: (repository: string, commit: string) => ReturnType<typeof openTree>;
  readonly followEnd: (buildId: string, until: 'build' | 'live', signal?: AbortSignal) => Promise<void>;
  readonly doctor: () => Promise<Finding[]>;
  close(): Promise<void>;
}

export interface Overrides {
  readonly workloads?: Workloads;
  readonly traffic?: Traffic;
  readonly queue?: BuildQueue;
  /** What the names of others resolve to. */
  readonly resolve?: Resolve;
  readonly log?: Logger;
}

export async function createContext(settings: Settings, overrides: Overrides = {}): Promise<ServerContext> {
  const ownLog = serverLog(settings.logLevel);
  const log = overrides.log ?? ownLog.log;
  const unlock = await lockDataFolder(settings.paths.root);
  const ring = await masterKeys(settings);
  const vault = new Vault(ring.current, ring.older);
  const secrets = platformSecrets(settings, await passwordsIn(settings.registryLogins));
  const store = new Store(settings.paths.journal, vault, { ...settings, secrets });
  ownLog.redactWith(store.redactors);
  const rotation = new KeyRotation({ store, vault, ring, file: settings.paths.masterKey, log });
  const attemptTokenKey = store.keys.named('attempt-tokens', () => firstAttemptTokenKey(ring.current));
  const repositories = new Repositories(settings.paths.repositories, settings.gitEnvironment);
  const buildLogs = new FileBuildLogs(settings.paths.buildLogs, (buildId) =>
    store.redactors.of(store.builds.byId(buildId)?.app_id ?? ''),
  );
  const changes = new Changes();
  const lock = new KeyedLock();
  const workloads = overrides.workloads ?? (await workloadsOf(settings, store, log));
  const followed = overrides.traffic === undefined ? routersThatFollow(settings, store) : undefined;
  const traffic = overrides.traffic ?? followed ?? new RouterTraffic(settings.paths.routerSocket);
  const attempts = new Attempts(store, changes, log, attemptPolicy(settings));
  const refill = (): void => {
    // Such as while the journal is being closed; the next round gives away what this one did not.
    dispatcher
      .refill(false)
      .catch((error: unknown) => log.warn({ err: error }, 'could not refill the queue'));
  };
  const queue = overrides.queue ?? new RedisBuildQueue(settings.redisUrl, log, refill);
  const dispatcher: Dispatcher = new Dispatcher(store, queue, attempts);
  const canaries = new CanaryWatch({ store, traffic, workloads, changes, log });
  const controller = new Controller({
    store,
    settings,
    workloads,
    traffic,
    routes: new Routes(traffic),
    repositories,
    buildLogs,
    attempts,
    dispatcher,
    changes,
    progress: new Progress(buildLogs),
    canaries,
    lock,
    log,
  });
  const retention = new Retention({
    store,
    settings,
    workloads,
    repositories,
    buildLogs,
    changes,
    lock,
    log,
  });
  const resolve = overrides.resolve ?? resolveBySystem;
  const outgoing = new Outgoing({
    store,
    settings,
    changes,
    log,
    resolve,
  });
  const operations = new PlatformOperations({
    store,
    settings,
    repositories,
    buildLogs,
    workloads,
    changes,
    lock,
    dispatcher,
    retention,
  });
  const source = new LinkedSource({ store, settings, repositories, resolve });
  const deploy = deployer({ store, operations, repositories, source });
  const deliveries = new DeliveryProcessor({ store, deploy, log });
  return {
    settings,
    log,
    store,
    workloads,
    traffic,
    followed,
    queue,
    repositories,
    buildLogs,
    changes,
    attempts,
    tokens: new AttemptTokens(attemptTokenKey.bytes),
    rotation,
    dispatcher,
    controller,
    retention,
    outgoing,
    source,
    resolve,
    operations,
    deliveries,
    openTree: (repository, commit) =>
      openTree(repository, commit, {
        env: settings.gitEnvironment,
        submodules: { cache: settings.paths.submodules, allow: settings.submoduleHosts },
        limits: settings.pushLimits,
      }),
    followEnd: (buildId, until, signal) => followEnd({ store, changes, settings }, buildId, until, signal),
    doctor: () =>
      examine({
        settings,
        workloads,
        traffic,
        queue,
        retention,
        rotation,
        // Whose workloads are given has an engine of its own, and this machine's firewall is none of it.
        ...(settings.engine === 'docker' && overrides.workloads === undefined
          ? { firewall: () => guard(settings, store.installationId) }
          : {}),
      }),
    close: async () => {
      await deliveries.stop();
      await canaries.stop();
      await outgoing.stop();
      await Promise.all([controller.stop(), retention.stop()]);
      await buildLogs.close();
      await queue.close();
      store.close();
      unlock();
    },
  };
}

function routersThatFollow(settings: Settings, store: Store): ClusterTraffic | undefined {
  if (settings.engine !== 'kubernetes') return undefined;
  const { installationId, generation } = store;
  return new ClusterTraffic({ installationId, generation, countsFile: settings.paths.routerCounts });
}

function attemptPolicy({ engine }: Settings): AttemptPolicy {
  return engine === 'kubernetes' ? CLUSTER_RUNS_IT : BUILDER_RUNS_IT;
}

/** Keeps containers away from the machine's metadata and the platform's own ports; idempotent. */
export async function guard(settings: Settings, installationId: string): Promise<FirewallState> {
  return ensureFirewall(docker(settings), {
    installationId,
    appSubnet: settings.appSubnet,
    publicPorts: [settings.httpPort, settings.httpsPort, settings.sshListenPort],
    privatePorts: [settings.apiPort, settings.hooks.port].filter((port) => port !== 0),
  });
}

export { whenBridgesAreSeen };

export async function unguard(installationId: string): Promise<FirewallState> {
  return removeFirewall(installationId);
}

function docker(settings: Settings): ReturnType<typeof connectDocker> {
  return connectDocker({ endpoint: `unix://${settings.dockerSocket}` });
}

/** What runs apps, and can take all of an installation away. */
export interface OwnWorkloads extends Workloads {
  /** Removes all that this installation has in the engine; nothing of it may run any more. */
  removeInstallation(): Promise<void>;
}

export async function workloadsOf(
  settings: Settings,
  { installationId, generation }: Pick<Store, 'installationId' | 'generation'>,
  log: Logger,
): Promise<OwnWorkloads> {
  const { cluster } = settings;
  if (cluster !== undefined) {
    // Its client takes a second and 80 MB to load, which one machine with Docker need not pay.
    const { openCluster } = await import('./cluster/context.ts');
    return openCluster(settings, cluster, { installationId, generation }, log);
  }
  const { memoryBytes, cpus, pids } = settings.appLimits;
  return new DockerWorkloads({
    docker: docker(settings),
    installationId,
    appSubnet: settings.appSubnet,
    limits: { memoryBytes, cpus, pids },
    logsFolder: settings.paths.appLogs,
    // Read each time: a login that is put there counts at once.
    loginOf: async (host) => (await readLogins(settings.registryLogins))(host),
  });
}

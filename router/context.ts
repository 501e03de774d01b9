import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceRef } from '../engines/port.ts';
import { createApi } from './api.ts';
import { renderBase } from './config/base.ts';
import { bindAddresses, readHostLimits } from './config/host.ts';
import { renderLatencyMap } from './config/latency.ts';
import { PAGES } from './config/pages.ts';
import { ensureCertificate } from './certificate.ts';
import { writeDurably } from './durable.ts';
import { Follower } from './follow/follower.ts';
import { Followed } from './follow/generation.ts';
import { serveReadiness } from './follow/ready.ts';
import { ServerLink } from './follow/server-link.ts';
import { ToldRoutes } from './follow/told-routes.ts';
import type { Endpoints } from './follow/told-routes.ts';
import { HaproxySupervisor } from './haproxy/supervisor.ts';
import { routerLayout } from './layout.ts';
import type { RouterLayout } from './layout.ts';
import { holdLock } from './lock.ts';
import { Metering } from './metering.ts';
import { Prober } from './prober.ts';
import { Router } from './router.ts';
import type { FollowSettings, RouterSettings } from './settings.ts';
import { RouteStore } from './store.ts';

/** Milliseconds from the end of a replica that a cluster takes away until the router has surely heard of it. */
const NEWS = 1_500;

/** A router that runs. */
export interface RunningRouter {
  /** Ends the router; HAProxy goes on serving unless `stopHaproxy`. In a cluster, both end once nothing is open. */
  close(stopHaproxy: boolean): Promise<void>;
  /** Resolves when someone has asked for the end of both over the API. */
  readonly shutdown: Promise<void>;
}

/**
 * Builds the router and starts it: adopts the HAProxy that runs, or starts one.
 * @param log takes a line about what went wrong
 * @throws Error when another router holds the data folder
 */
export async function startRouter(
  settings: RouterSettings,
  log: (line: string) => void,
): Promise<RunningRouter> {
  const layout = routerLayout(settings.dataDir);
  for (const folder of [layout.run, layout.folder, layout.pages])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  const unlock = holdLock(layout.lock);
  try {
    return await startLocked(settings, layout, log, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function startLocked(
  settings: RouterSettings,
  layout: RouterLayout,
  log: (line: string) => void,
  unlock: () => void,
): Promise<RunningRouter> {
  await ensureCertificate(layout, settings.domain);
  const configChanged = await writeConfig(settings, layout);

  const store = new RouteStore(layout);
  const table = await store.open(settings.slots);
  const supervisor = new HaproxySupervisor(settings.haproxy, layout, {
    up: (session) => {
      router.mend(session);
    },
    lost: (session) => {
      metering.detach(session);
      if (!supervisor.draining.has(session)) log(`HAProxy (pid ${String(session.pid)}) is gone`);
    },
  });
  const metering = await Metering.open(
    layout.counts,
    () => supervisor,
    settings.follow === undefined ? 0 : NEWS,
  );
  const prober = new Prober(layout.probeSocket, () => supervisor.current);
  const router = new Router({ store, supervisor, metering, prober }, table);
  await router.start(configChanged);
  if (supervisor.problem !== undefined) log(supervisor.problem.message);

  const shutdown = Promise.withResolvers<void>();
  const api = createApi({
    traffic: router,
    status: () => ({ ...router.status(), httpPort: settings.httpPort, httpsPort: settings.httpsPort }),
    shutdown: async () => {
      await router.close();
      await supervisor.stop();
      shutdown.resolve();
    },
    failed: (error) => {
      log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    },
  });
  await listen(api, layout.apiSocket);
  const following =
    settings.follow === undefined
      ? undefined
      : await startFollowing(settings.follow, { layout, supervisor, metering, router, log });

  return {
    shutdown: shutdown.promise,
    close: async (stopHaproxy) => {
      await following?.leave();
      await closeServer(api);
      await router.close();
      if (stopHaproxy || following !== undefined) await supervisor.stop();
      unlock();
    },
  };
}

interface Served {
  readonly layout: RouterLayout;
  readonly supervisor: HaproxySupervisor;
  readonly metering: Metering;
  readonly router: Router;
  readonly log: (line: string) => void;
}

/** In a cluster: does what the server says, and watches by itself which replicas are there. */
async function startFollowing(
  settings: FollowSettings,
  { layout, supervisor, metering, router, log }: Served,
): Promise<{ leave(): Promise<void> }> {
  const followed = await Followed.open(layout.followed);
  let endpoints: (Endpoints & { close(): Promise<void> }) | undefined;
  const routes = router.routes();
  const told = new ToldRoutes({ of: (service) => endpoints?.of(service) }, routes);
  const { cluster } = settings;
  const watch = cluster && (await clusterWatch(cluster, log));
  const follower: Follower = new Follower({
    link: new ServerLink(settings.server, settings.name),
    traffic: router,
    told,
    followed,
    origin: metering.origin,
    routes,
    known: (installationId) => {
      endpoints ??= watch?.(installationId, (service) => follower.changed(service));
    },
    log,
  });
  follower.start();
  let leaving = false;
  const ready = await serveReadiness(
    settings.readyPort,
    () => !leaving && follower.isInformed && supervisor.current !== undefined,
  );
  return {
    leave: async () => {
      leaving = true;
      await delay(settings.leaveMs);
      await router.drain(settings.drainMs);
      if (await follower.finish()) await metering.discard();
      await Promise.all([follower.close(), endpoints?.close()]);
      await closeServer(ready);
    },
  };
}

/** Only a router in a cluster loads what it takes to speak to one, as that is half of its memory. */
async function clusterWatch(
  settings: NonNullable<FollowSettings['cluster']>,
  log: (line: string) => void,
): Promise<
  (installationId: string, changed: (service: ServiceRef) => void) => Endpoints & { close(): Promise<void> }
> {
  const { Cluster } = await import('../engines/kubernetes/api/cluster.ts');
  const { ServiceEndpoints } = await import('../engines/kubernetes/traffic/service-endpoints.ts');
  const cluster = Cluster.connect(settings);
  return (installationId, changed) => {
    let problem = '';
    const endpoints = new ServiceEndpoints(cluster, installationId, {
      changed,
      failed: (error) => {
        const text = error instanceof Error ? error.message : String(error);
        if (text !== problem) log(`the cluster does not tell which replicas are there: ${text}`);
        problem = text;
      },
    });
    endpoints.start();
    return endpoints;
  };
}

/** @returns whether HAProxy's own settings are others than at the last start */
async function writeConfig(settings: RouterSettings, layout: RouterLayout): Promise<boolean> {
  const { ipv6, ...limits } = await readHostLimits();
  const base = renderBase({
    ...limits,
    socket: layout.haproxySocket,
    probeSocket: layout.probeSocket,
    httpPort: settings.httpPort,
    httpsPort: settings.httpsPort,
    addresses: bindAddresses(settings.bind, ipv6),
  });
  const files = [
    ...Object.entries(PAGES).map(([name, text]) => [`${layout.pages}/${name}`, text] as const),
    [layout.latencyMap, renderLatencyMap()] as const,
    [layout.config, base] as const,
  ];
  let changed = false;
  for (const [path, text] of files) {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === text) continue;
    await writeDurably(path, text);
    changed = true;
  }
  return changed;
}

async function listen(server: Server, path: string): Promise<void> {
  // Left by a router that was killed; the lock says that none listens on it.
  await rm(path, { force: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, resolve);
  await promise;
  await chmod(path, 0o600);
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => {
    resolve();
  });
  server.closeIdleConnections();
  await promise;
}

import { mkdir } from 'node:fs/promises';
import type { Express } from 'express';
import { VERSION } from '../core/version.ts';
import { createApi } from './api/api.ts';
import type { ServerContext } from './context.ts';
import { createHttpApp } from './http/app.ts';
import type { ReadyChecks } from './http/health.ts';
import { listen, listenForParts, type Listening } from './http/listen.ts';
import { attemptRoutes } from './internal/attempts.ts';
import { routerRoutes } from './internal/routers.ts';
import { createInternal } from './internal/internal.ts';
import { Metrics } from './metrics/metrics.ts';
import { metricsRoute } from './metrics/routes.ts';
import { createPartsApp } from './parts/parts-app.ts';
import { createHooksApp } from './hooks/hooks-app.ts';
import { createHooksServer, hooksUrl, listenForHooks } from './hooks/listener.ts';
import { createAttemptApp } from './parts/attempt-app.ts';
import { hostKeyFingerprint } from './platform/host-key.ts';

/** Brings the journal, the refs and the engine in line, then takes requests. */
export async function serve(context: ServerContext): Promise<Listening> {
  const { settings, store, log } = context;
  await mkdir(settings.paths.run, { recursive: true, mode: 0o700 });
  await context.source.clear();
  await context.controller.start();
  context.outgoing.start();
  // It asks the engine and git about each app, and can wait until nobody waits for theirs.
  void context.controller.looked().then(() => context.retention.start());
  const metrics = new Metrics({ store, version: VERSION, usage: () => context.retention.usage });
  // Beside the rest: it goes on with what a crash or a change of the settings began.
  void context.rotation.resume().catch((error: unknown) => {
    log.warn({ err: error }, 'the master key is still being replaced; it goes on at the next start');
  });
  const api = createApi({
    store,
    rotation: context.rotation,
    operations: context.operations,
    workloads: context.workloads,
    buildLogs: context.buildLogs,
    describe: {
      version: VERSION,
      domain: settings.domain,
      httpPort: settings.httpPort,
      httpsPort: settings.httpsPort,
      sshHost: settings.sshHost,
      sshPort: settings.sshPort,
      hooksUrl: hooksUrl(settings),
      buildSlots: settings.buildSlots,
      hostKeyFingerprint: () => hostKeyFingerprint(settings.paths.hostKey),
    },
    deliveries: context.deliveries,
    doctor: context.doctor,
    followEnd: context.followEnd,
    rateLimits: settings.rateLimits,
    proxies: settings.apiProxies,
    metrics,
    metricsToken: settings.metricsToken,
    source: context.source,
    outgoing: context.outgoing,
    hosts: {
      sourceHosts: settings.sourceHosts,
      privateHosts: settings.privateHosts,
      resolve: context.resolve,
    },
    log,
  });
  const ready: ReadyChecks = {
    engine: () => context.workloads.observe(),
    router: () => context.traffic.counts(),
    queue: async () => {
      if (!(await context.queue.healthy())) throw new Error('Redis does not answer');
    },
  };
  const hooks = createHooksApp({
    store,
    processor: context.deliveries,
    publicUrl: settings.publicUrl,
    proxies: settings.hooks.proxies,
  });
  const app = createHttpApp({ v1: api.router, internal: createInternal(context), hooks, ready, log });
  const machine = await listen(app, {
    socketPath: settings.paths.serverSocket,
    upgrade: api.upgrade,
    ...(settings.apiPort === 0 ? {} : { tcp: { port: settings.apiPort } }),
  });
  context.deliveries.start();
  const open = settings.hooks.port === 0 ? machine : await withHooks(context, machine, hooks);
  const listening =
    settings.parts === undefined ? open : await withParts(context, open, settings.parts, ready, metrics);
  const close = async (): Promise<void> => {
    await api.end();
    await listening.close();
  };
  return { ...listening, close };
}

/** Also takes hooks where the outside reaches them, and nothing else there. */
async function withHooks(context: ServerContext, machine: Listening, hooks: Express): Promise<Listening> {
  const { settings, log } = context;
  const { bind, port } = settings.hooks;
  const listening = await listenForHooks(createHooksServer(hooks, log), { bind, port, log });
  return {
    ...machine,
    hooksPort: listening.port,
    close: async () => void (await Promise.all([listening.close(), machine.close()])),
  };
}

/** Also takes what builders and routers on other machines ask, and gives Jobs their trees. */
async function withParts(
  context: ServerContext,
  machine: Listening,
  settings: NonNullable<ServerContext['settings']['parts']>,
  ready: ReadyChecks,
  metrics: Metrics,
): Promise<Listening> {
  const { bind, token } = settings;
  const { log } = context;
  const routers = [
    attemptRoutes(context),
    ...(context.followed === undefined ? [] : [routerRoutes(context.followed)]),
  ];
  const app = createPartsApp({
    routers,
    metrics: metricsRoute(metrics, { token: context.settings.metricsToken }),
    token,
    ready,
    log,
  });
  const parts = await listenForParts(app, { bind, port: settings.port, log });
  const trees = await listenForParts(createAttemptApp(context), { bind, port: settings.treePort, log });
  return {
    ...machine,
    parts: { port: parts.port, treePort: trees.port },
    close: async () => void (await Promise.all([parts.close(), trees.close(), machine.close()])),
  };
}

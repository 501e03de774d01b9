import { mkdir } from 'node:fs/promises';
import { VERSION } from '../core/version.ts';
import { createApi } from './api/api.ts';
import type { ServerContext } from './context.ts';
import { createHttpApp } from './http/app.ts';
import { listen, type Listening } from './http/listen.ts';
import { createInternal } from './internal/internal.ts';
import { hostKeyFingerprint } from './platform/host-key.ts';

/** Brings the journal, the refs and the engine in line, then takes requests. */
export async function serve(context: ServerContext): Promise<Listening> {
  const { settings, store, log } = context;
  await mkdir(settings.paths.run, { recursive: true, mode: 0o700 });
  await context.controller.start();
  // It asks the engine and git about each app, and can wait until nobody waits for theirs.
  void context.controller.looked().then(() => context.retention.start());
  const api = createApi({
    store,
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
      buildSlots: settings.buildSlots,
      hostKeyFingerprint: () => hostKeyFingerprint(settings.paths.hostKey),
    },
    doctor: context.doctor,
    followEnd: context.followEnd,
    log,
  });
  const app = createHttpApp({
    v1: api.router,
    internal: createInternal(context),
    ready: {
      engine: () => context.workloads.observe(),
      router: () => context.traffic.counts(),
      queue: async () => {
        if (!(await context.queue.healthy())) throw new Error('Redis does not answer');
      },
    },
    log,
  });
  return listen(app, {
    socketPath: settings.paths.serverSocket,
    upgrade: api.upgrade,
    ...(settings.apiPort === 0 ? {} : { tcp: { port: settings.apiPort } }),
  });
}

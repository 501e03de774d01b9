import { mkdir } from 'node:fs/promises';
import { pino, type Logger } from 'pino';
import { dataPaths } from '../../core/paths.ts';
import { ApiProxy } from './api-proxy.ts';
import { hostKey } from './host-key.ts';
import { installHooks } from './hooks.ts';
import { ServerClient } from './server-client.ts';
import type { Settings } from './settings.ts';
import { SshFront, type FrontOptions } from './ssh-front.ts';
import { SummaryCache } from './tree-summary.ts';

/** The front, ready to listen. */
export interface Context {
  readonly front: SshFront;
  readonly log: Logger;
  /** Closes what the front itself does not: connections to the server. */
  readonly close: () => void;
}

/** What tests may set. */
export interface Overrides extends Partial<Pick<FrontOptions, 'loginGraceMs' | 'keepaliveMs' | 'log'>> {
  readonly quietMs?: number;
}

/** Builds everything; makes the host key and the hooks if they are not there. */
export async function createContext(settings: Settings, overrides: Overrides = {}): Promise<Context> {
  const paths = dataPaths(settings.dataDir);
  const log = overrides.log ?? pino({ name: 'ssh', level: settings.logLevel });
  await mkdir(paths.run, { recursive: true, mode: 0o755 });
  const server = new ServerClient(paths.serverSocket);
  const api = new ApiProxy(paths.serverSocket, log);
  const front = new SshFront(
    {
      hostKey: await hostKey(paths.hostKey),
      bind: settings.bind,
      port: settings.port,
      loginGraceMs: overrides.loginGraceMs ?? 30_000,
      keepaliveMs: overrides.keepaliveMs ?? 15_000,
      log,
    },
    {
      server,
      api,
      cache: new SummaryCache(),
      hooks: await installHooks(paths.run),
      path: settings.path,
      quietMs: overrides.quietMs ?? 10_000,
      log,
    },
  );
  const close = (): void => {
    server.close();
    api.close();
  };
  return { front, log, close };
}

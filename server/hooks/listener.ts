import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { listenDualStack } from '../dual-stack.ts';
import { bareApp } from '../http/bare-app.ts';
import { health } from '../http/health.ts';
import { problemAnswers, unknownRoute } from '../http/problem-answers.ts';
import type { Settings } from '../settings.ts';
import { BODY_MS } from './read-body.ts';

/** All headers must be there by then, in milliseconds. */
const HEADERS_MS = 5_000;
/** Node looks for connections that are late this often, in milliseconds. */
const LOOK_MS = 1_000;
/** Longer than proxies keep an idle connection, in milliseconds. */
const KEEP_ALIVE_MS = 75_000;
const MOST_CONNECTIONS = 1_024;

/** What the listener for hooks serves: hooks, whether it is up, and nothing else of the platform. */
export function createHooksServer(hooks: Express, log: Logger): Express {
  const app = bareApp();
  app.use(helmet());
  app.use(health({}, log));
  app.use(hooks);
  app.use(unknownRoute);
  app.use(problemAnswers(log));
  return app;
}

/**
 * Listens for hooks alone, as they come from outside: a proxy with TLS belongs before it.
 * @param port 0: the system picks one
 */
export async function listenForHooks(
  app: RequestListener,
  where: { readonly bind: string; readonly port: number; readonly log: Logger },
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: HEADERS_MS + BODY_MS,
      connectionsCheckingInterval: LOOK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    app,
  );
  server.maxConnections = MOST_CONNECTIONS;
  await listenDualStack(server, where);
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { port, close };
}

/** What the addresses of hooks begin with; '' where the platform does not know how it is reached. */
export function hooksUrl({ publicUrl }: Pick<Settings, 'publicUrl'>): string {
  return publicUrl ?? '';
}

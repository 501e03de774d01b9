import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { dataPaths } from '../core/paths.ts';
import type { ServerAddress } from './server-client.ts';

export interface BuilderSettings {
  readonly server: ServerAddress;
  /** Where a Job fetches its tree; undefined: the server offers none. */
  readonly treeUrl: string | undefined;
  /** `redis://host:port` or the path of a unix socket. */
  readonly redis: string;
  /** Builds at a time, 1 to 64. */
  readonly slots: number;
  readonly dockerSocket: string;
  /** What runs builds. */
  readonly engine: 'docker' | 'kubernetes';
  readonly name: string;
  /** A new one each start, so that the server knows that what an older one held is lost. */
  readonly instance: string;
  /** This builder's own folder; emptied at each start. */
  readonly scratch: string;
}

/** @throws Error that names the variable and what would be right */
export function readSettings(env: NodeJS.ProcessEnv = process.env): BuilderSettings {
  const root = env['SLUICE_DATA_DIR'];
  if (root === undefined || !root.startsWith('/')) {
    throw new Error('SLUICE_DATA_DIR must be an absolute path, such as /var/lib/sluice');
  }
  const slots = Number(env['SLUICE_BUILD_SLOTS'] ?? 2);
  if (!Number.isInteger(slots) || slots < 1 || slots > 64) {
    throw new Error('SLUICE_BUILD_SLOTS must be a whole number from 1 to 64');
  }
  const name = env['SLUICE_BUILDER_NAME'] ?? hostname();
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
    throw new Error('SLUICE_BUILDER_NAME must be 1 to 100 of letters, digits, ".", "_" and "-"');
  }
  const engine = env['SLUICE_ENGINE'] ?? 'docker';
  if (engine !== 'docker' && engine !== 'kubernetes') {
    throw new Error('SLUICE_ENGINE must be docker or kubernetes');
  }
  const paths = dataPaths(root);
  return {
    server: serverAddress(env) ?? paths.serverSocket,
    treeUrl: env['SLUICE_TREE_URL'],
    redis: (env['SLUICE_REDIS_URL'] ?? paths.redisSocket).replace(/^unix:\/\//, ''),
    slots,
    dockerSocket: env['SLUICE_DOCKER_SOCKET'] ?? '/var/run/docker.sock',
    engine,
    name,
    instance: randomUUID(),
    scratch: `${paths.builderScratch}/${name}`,
  };
}

/** @returns undefined when the server is on this machine */
function serverAddress(env: NodeJS.ProcessEnv): ServerAddress | undefined {
  const address = env['SLUICE_SERVER_URL'];
  if (address === undefined) return undefined;
  const url = URL.parse(address);
  if (url === null || url.protocol !== 'http:' || url.pathname !== '/') {
    throw new Error('SLUICE_SERVER_URL must be as http://sluice-server:7001');
  }
  const token = env['SLUICE_PLATFORM_TOKEN'];
  if (token === undefined) {
    throw new Error('SLUICE_SERVER_URL needs the SLUICE_PLATFORM_TOKEN that the server was given');
  }
  return { url, token };
}

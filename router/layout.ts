import { resolve } from 'node:path';
import { dataPaths } from '../core/paths.ts';

/**
 * Where the router keeps its files. HAProxy runs with `folder` as its working directory, so its configuration
 * and its runtime commands name the maps by the short names below, whatever characters the data folder has.
 */
export interface RouterLayout {
  readonly folder: string;
  readonly run: string;
  readonly apiSocket: string;
  readonly haproxySocket: string;
  /** Where HAProxy takes probes. */
  readonly probeSocket: string;
  readonly config: string;
  readonly slots: string;
  readonly routes: string;
  readonly latencyMap: string;
  readonly pages: string;
  readonly certificates: string;
  readonly counts: string;
  readonly log: string;
  readonly lock: string;
  /** Which server was followed last. */
  readonly followed: string;
}

export const HOSTS_MAP = 'hosts.map';
export const ROUTES_MAP = 'routes.map';
export const LATENCY_MAP = 'latency.map';
export const CERTIFICATE_LIST = 'certs/list.txt';

/** The kernel takes 107 bytes for a unix socket; HAProxy binds `<path>.<pid>.tmp` first. */
const LONGEST_SOCKET = 92;

/** @throws Error when the data folder's path is too long for unix sockets */
export function routerLayout(dataDir: string): RouterLayout {
  const paths = dataPaths(resolve(dataDir));
  if (Buffer.byteLength(paths.haproxySocket) > LONGEST_SOCKET) {
    throw new Error(
      `the data folder's path is too long for unix sockets (${paths.root}): set SLUICE_DATA_DIR to a shorter one`,
    );
  }
  const folder = paths.router;
  return {
    folder,
    run: paths.run,
    apiSocket: paths.routerSocket,
    haproxySocket: paths.haproxySocket,
    probeSocket: `${paths.run}/probe.sock`,
    config: `${folder}/haproxy.cfg`,
    slots: `${folder}/slots`,
    routes: `${folder}/routes`,
    latencyMap: `${folder}/${LATENCY_MAP}`,
    pages: `${folder}/pages`,
    certificates: `${folder}/certs`,
    counts: `${folder}/counts.json`,
    log: `${folder}/haproxy.log`,
    lock: `${folder}/lock.db`,
    followed: `${folder}/followed.json`,
  };
}

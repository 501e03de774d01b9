/** Where each part finds the others below one data folder. Pure: joins names, touches nothing. */
export interface DataPaths {
  readonly root: string;
  /** What Node has compiled of the server, so that it starts sooner; may be removed at any time. */
  readonly compiled: string;
  readonly journal: string;
  readonly repositories: string;
  readonly buildLogs: string;
  readonly appLogs: string;
  readonly hostKey: string;
  readonly masterKey: string;
  readonly run: string;
  /** The server's HTTP API for the parts of the platform and for root on this machine (mode 0600). */
  readonly serverSocket: string;
  readonly routerSocket: string;
  readonly haproxySocket: string;
  readonly redisSocket: string;
  readonly router: string;
  /** Totals over all routers of a cluster. */
  readonly routerCounts: string;
  readonly builderScratch: string;
  readonly submodules: string;
  /** What is fetched from linked repositories, until it has been looked at; may be removed when no server runs. */
  readonly sources: string;
}

export function dataPaths(root: string): DataPaths {
  const run = `${root}/run`;
  return {
    root,
    journal: `${root}/journal.db`,
    compiled: `${root}/compiled`,
    repositories: `${root}/repositories`,
    buildLogs: `${root}/logs/builds`,
    appLogs: `${root}/logs/apps`,
    hostKey: `${root}/ssh_host_ed25519_key`,
    masterKey: `${root}/master.key`,
    run,
    serverSocket: `${run}/server.sock`,
    routerSocket: `${run}/router.sock`,
    haproxySocket: `${run}/haproxy.sock`,
    redisSocket: `${run}/redis.sock`,
    router: `${root}/router`,
    routerCounts: `${root}/router-counts.json`,
    builderScratch: `${root}/builder`,
    submodules: `${root}/submodules`,
    sources: `${root}/sources`,
  };
}

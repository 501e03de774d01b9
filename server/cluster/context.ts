import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { Cluster } from '../../engines/kubernetes/api/cluster.ts';
import { removeAppBuilds } from '../../engines/kubernetes/build/removal.ts';
import { loginsOf } from '../../engines/kubernetes/registry/docker-config.ts';
import { KubernetesWorkloads } from '../../engines/kubernetes/workloads/kubernetes-workloads.ts';
import type { ServerClusterSettings, Settings } from '../settings.ts';
import type { Store } from '../store/store.ts';

/** What the server needs of a cluster. Loaded only where apps run on one. */
export async function openCluster(
  { paths, appLimits }: Settings,
  settings: ServerClusterSettings,
  { installationId, generation }: Pick<Store, 'installationId' | 'generation'>,
  log: Logger,
): Promise<KubernetesWorkloads> {
  const { kubeconfig, network, access, buildNamespace } = settings;
  const cluster = Cluster.connect(kubeconfig === undefined ? {} : { kubeconfig });
  return new KubernetesWorkloads({
    cluster,
    installationId,
    generation,
    limits: appLimits,
    network,
    ...(access === undefined ? {} : { access }),
    registry: await registryOf(settings),
    logsFolder: paths.appLogs,
    removeBuilds: (appId) => removeAppBuilds(cluster, buildNamespace, installationId, appId),
    onDrift: (drift) => log.warn(drift, 'changed by hand, and put back'),
    onBackgroundError: (error) => log.warn({ err: error }, 'the cluster; trying again'),
  });
}

async function registryOf({ registry, registries, loginFile }: ServerClusterSettings) {
  const host = registry.replace(/\/.*$/, '');
  const scheme = registries.plainHttp.includes(host) ? 'http' : 'https';
  const text = loginFile === undefined ? '' : await readFile(loginFile, 'utf8');
  const login = loginsOf(text)(host);
  return {
    host,
    url: `${scheme}://${host}`,
    ...(login === undefined ? {} : { username: login.username, password: login.secret }),
  };
}

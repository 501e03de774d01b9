import type { Logger } from 'pino';
import { Cluster } from '../../engines/kubernetes/api/cluster.ts';
import { removeAppBuilds } from '../../engines/kubernetes/build/removal.ts';
import { readLogins } from '../../engines/kubernetes/registry/login-files.ts';
import { Registries } from '../../engines/kubernetes/registry/registry.ts';
import type { ImagePlace } from '../../engines/kubernetes/workloads/app-images.ts';
import type { PullLogin } from '../../engines/kubernetes/workloads/objects/pull-login.ts';
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
    ...(await imagesOf(settings)),
    logsFolder: paths.appLogs,
    removeBuilds: (appId) => removeAppBuilds(cluster, buildNamespace, installationId, appId),
    onDrift: (drift) => log.warn(drift, 'changed by hand, and put back'),
    onBackgroundError: (error) => log.warn({ err: error }, 'the cluster; trying again'),
  });
}

async function imagesOf({
  registry,
  registries,
  loginFiles,
}: ServerClusterSettings): Promise<{ images: ImagePlace; pull?: PullLogin }> {
  const logins = await readLogins(loginFiles);
  const host = registry.replace(/\/.*$/, '');
  const login = logins(host);
  return {
    images: { registry, registries: new Registries(registries, logins) },
    ...(login === undefined ? {} : { pull: { host, login } }),
  };
}

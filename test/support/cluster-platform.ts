import type { Part } from './parts.ts';
import { Platform } from './platform.ts';
import { freePorts } from './ports.ts';
import { testSettings } from './settings.ts';
import { ownAddressTowards } from './tree-server.ts';
import { Cluster } from '../../engines/kubernetes/api/cluster.ts';

const TOKEN = 'a-token-of-the-tests-with-more-than-32-characters';

/** Ranges of the cluster that `./scripts/cluster` makes. */
const RANGES = '10.243.0.0/24,10.244.0.0/16,10.96.0.0/16';

/** A whole Sluice whose parts are processes of this machine, and whose apps and builds are in the cluster of the tests. */
export async function startOnCluster(env: NodeJS.ProcessEnv = {}, namespace?: string): Promise<Platform> {
  const kubeconfig = testSettings.clusterKubeconfig;
  if (kubeconfig === undefined) throw new Error('there is no cluster to test on: ./scripts/test --cluster');
  const own = await ownAddressTowards(
    Cluster.connect({ kubeconfig }).config.getCurrentCluster()?.server ?? '',
  );
  const [parts = 0, trees = 0, ready = 0] = await freePorts(3);
  const registry = testSettings.clusterRegistry;
  const routerOnly: NodeJS.ProcessEnv = {
    SLUICE_ROUTER_READY_PORT: String(ready),
    SLUICE_ROUTER_NAME: 'one',
  };
  return Platform.start(
    {
      SLUICE_ENGINE: 'kubernetes',
      SLUICE_KUBECONFIG: kubeconfig,
      SLUICE_PLATFORM_TOKEN: TOKEN,
      SLUICE_PARTS_PORT: String(parts),
      SLUICE_TREE_PORT: String(trees),
      SLUICE_PARTS_BIND: '0.0.0.0',
      SLUICE_SERVER_URL: `http://127.0.0.1:${parts}`,
      SLUICE_TREE_URL: `http://${own}:${trees}`,
      SLUICE_PLATFORM_CIDRS: `${own}/32`,
      SLUICE_PRIVATE_RANGES: RANGES,
      SLUICE_REGISTRY: registry,
      SLUICE_REGISTRY_INSECURE: 'true',
      SLUICE_REGISTRY_MIRRORS: `docker.io=${registry}`,
      SLUICE_JOB_IMAGE: testSettings.clusterPlatformImage,
      SLUICE_BUILDKIT_IMAGE: testSettings.clusterBuildkitImage,
      ...(namespace === undefined ? {} : { SLUICE_BUILD_NAMESPACE: namespace }),
      ...env,
    },
    { partEnv: (part: Part) => (part === 'router' ? routerOnly : {}) },
  );
}

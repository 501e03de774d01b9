import { Cluster } from '../../engines/kubernetes/api/cluster.ts';
import { DEFAULT_RESOURCES } from '../../engines/kubernetes/build/job-settings.ts';
import { JobBuildRunner } from '../../engines/kubernetes/build/runner.ts';
import type { BuildRunner } from '../../engines/port.ts';
import { readClusterSettings } from './settings.ts';

/** Builds as Jobs. Loaded only where builds run in a cluster: its client is larger than a builder that waits. */
export function jobBuildRunner(): BuildRunner {
  const { kubeconfig, buildNamespace, loginSecret, cache, ...settings } = readClusterSettings();
  return new JobBuildRunner(Cluster.connect(kubeconfig === undefined ? {} : { kubeconfig }), {
    namespace: buildNamespace,
    registry: settings.registry,
    registries: settings.registries,
    jobImage: settings.jobImage,
    buildkitImage: settings.buildkitImage,
    pullSecrets: settings.pullSecrets,
    patienceSeconds: settings.patienceSeconds,
    buildkitResources: settings.resources ?? DEFAULT_RESOURCES.buildkit,
    jobResources: DEFAULT_RESOURCES.job,
    ...(loginSecret === undefined ? {} : { loginSecret }),
    ...(cache === undefined ? {} : { cache }),
  });
}

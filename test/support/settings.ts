import { randomInt } from 'node:crypto';

/** What the environment may say to the tests. */
export const testSettings = {
  /** Of the kill matrix; another one each day a person looks for more. */
  crashSeed: Number(process.env['SLUICE_CRASH_SEED'] ?? randomInt(1, 1_000_000)),
  crashRuns: Number(process.env['SLUICE_CRASH_RUNS'] ?? 20),
  /** Number of the one run that is wanted; 0: all. */
  crashOnly: Number(process.env['SLUICE_CRASH_ONLY'] ?? 0),
  /** Whether every run tells its story, not only one that fails. */
  crashTell: process.env['SLUICE_CRASH_TELL'] === '1',
  /** Where what is needed to understand a failed run is put. */
  crashKeep: process.env['SLUICE_CRASH_KEEP'],
  /** Of the cluster that `./scripts/test --cluster` runs on; the tests of a cluster need it. */
  clusterKubeconfig: process.env['SLUICE_CLUSTER_KUBECONFIG'],
  clusterKubectl: process.env['SLUICE_CLUSTER_KUBECTL'] ?? 'kubectl',
  clusterBuildctl: process.env['SLUICE_CLUSTER_BUILDCTL'] ?? 'buildctl',
  clusterHelm: process.env['SLUICE_CLUSTER_HELM'] ?? 'helm',
  /** Where its API server writes who asked for what; '': not known, as on a cluster of others. */
  clusterAuditLog: process.env['SLUICE_CLUSTER_AUDIT_LOG'] ?? '',
  /** `host[:port]`, without TLS and without a login, as the cluster and this machine reach it. */
  clusterRegistry: process.env['SLUICE_CLUSTER_REGISTRY'] ?? '',
  /** What `./scripts/cluster images` has put there. */
  clusterPlatformImage: process.env['SLUICE_CLUSTER_PLATFORM_IMAGE'] ?? '',
  clusterBuildkitImage: process.env['SLUICE_CLUSTER_BUILDKIT_IMAGE'] ?? '',
  /** Of volumes that apps' build caches are put on. */
  clusterStorageClass: process.env['SLUICE_CLUSTER_STORAGE_CLASS'] ?? 'local-path',
};

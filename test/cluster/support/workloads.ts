import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../../engines/kubernetes/api/cluster.ts';
import { ClusterUnreachable } from '../../../engines/kubernetes/api/errors.ts';
import { ofInstallation } from '../../../engines/kubernetes/labels.ts';
import type { Drift } from '../../../engines/kubernetes/workloads/drift.ts';
import {
  KubernetesWorkloads,
  type KubernetesWorkloadsOptions,
} from '../../../engines/kubernetes/workloads/kubernetes-workloads.ts';
import type { ReleaseSpec } from '../../../engines/port.ts';
import { COMMANDS } from '../../contract/behaviours.ts';
import { appRef, type Removals, type WorkloadsFixture } from '../../contract/workloads.ts';
import { kubectl } from '../../support/cluster.ts';
import { ChartAccount } from './chart-account.ts';
import { clusterRegistries, clusterRegistry, pushBusyboxAs, removeImage } from './user-image.ts';

export interface ClusterFixture extends WorkloadsFixture {
  readonly workloads: KubernetesWorkloads;
  /** Its account's. */
  readonly kubeconfig: string;
  readonly installationId: string;
  readonly image: string;
  readonly drifts: Drift[];
  readonly removals: Removals;
  openWith(options: Partial<KubernetesWorkloadsOptions>): KubernetesWorkloads;
}

/**
 * The tests' cluster with an installation of its own, and the rights that the chart gives it.
 * @param losesNodes whether nodes are taken away, whose kubelets then cannot be asked for the logs of pods that leave
 */
export async function openCluster({ losesNodes = false } = {}): Promise<ClusterFixture> {
  const account = await ChartAccount.make();
  const { installationId, access, kubeconfig } = account;
  const cluster = Cluster.connect({ kubeconfig });
  const image = await pushBusyboxAs('1000', `sluice-tests/${installationId}`, 'busybox');
  const logsFolder = await mkdtemp(join(tmpdir(), 'sluice-logs-'));
  const failures: unknown[] = [];
  const drifts: Drift[] = [];
  const openWith = (options: Partial<KubernetesWorkloadsOptions>): KubernetesWorkloads =>
    new KubernetesWorkloads({
      cluster,
      installationId,
      access,
      limits: { memoryBytes: 64 * 1024 * 1024, cpus: 1 },
      network: {
        platformCidrs: ['10.243.0.0/24'],
        clusterCidrs: ['10.243.0.0/24', '10.244.0.0/16', '10.96.0.0/16'],
      },
      images: { registry: clusterRegistry().host, registries: clusterRegistries() },
      logsFolder,
      onDrift: (drift) => drifts.push(drift),
      onBackgroundError: (error) => {
        if (!losesNodes || !(error instanceof ClusterUnreachable)) failures.push(error);
      },
      ...options,
    });
  const workloads = openWith({});
  const going: Promise<unknown>[] = [];
  const removals: Removals = {
    begin: (appId) => {
      going.push(workloads.removeApp(appId).catch((error: unknown) => failures.push(error)));
    },
    over: async () => {
      await Promise.all(going.splice(0));
    },
  };
  return {
    kubeconfig,
    installationId,
    image,
    drifts,
    workloads,
    removals,
    openWith,
    user: '1000',
    reopen: () => openWith({}),
    web: (behaviour) => ({ image, command: COMMANDS[behaviour] }),
    worker: 'exec sleep 3600',
    copyThenExit: (code) => ({ command: ['/bin/sh', '-c', `cat; echo oops >&2; exit ${String(code)}`] }),
    close: async () => {
      await removals.over();
      await workloads.sweep(new Set());
      await workloads.close();
      await rm(logsFolder, { recursive: true, force: true });
      await kubectl(['delete', 'namespaces', '--selector', ofInstallation(installationId), '--wait=false']);
      await account[Symbol.asyncDispose]();
      await removeImage(image);
      if (failures.length > 0) throw new AggregateError(failures, 'work in the background failed');
    },
  };
}

/** A release of a new app with one `web` of this command. */
export function releaseOf(
  fixture: ClusterFixture,
  command: string | undefined,
  changes: Partial<ReleaseSpec> = {},
): ReleaseSpec {
  const app = appRef('app');
  return {
    app,
    releaseId: `${app.id}r1`,
    releaseNumber: 1,
    image: fixture.image,
    user: '1000',
    env: { PORT: '8080', SLUICE_RELEASE: 'v1' },
    files: {},
    port: 8080,
    host: 'shop.localhost',
    health: { path: '/', timeoutSeconds: 60 },
    graceSeconds: 5,
    processes: [{ type: 'web', replicas: 1, ...(command === undefined ? {} : { command }) }],
    ...changes,
  };
}

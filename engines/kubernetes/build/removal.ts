import type { V1Job, V1PersistentVolumeClaim, V1Pod, V1Secret } from '@kubernetes/client-node';
import { setTimeout as pause } from 'node:timers/promises';
import type { BuildTask } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { LABEL, installationLabels } from '../labels.ts';
import { isOver } from './job-state.ts';
import { JobWatch } from './job-watch.ts';
import { BUILD_KIND, CACHE_KIND, appLabels, attemptLabels, jobName, selectorOf } from './names.ts';

/** Milliseconds that the kubelet has to end a pod, with its grace; then its node is taken for lost. */
const END_MS = 45_000;

type AttemptOf = Pick<BuildTask, 'installationId' | 'appId' | 'buildId' | 'attempt'>;

/** Ends an attempt. Resolves when nothing of it runs, or when its node cannot be heard any more. */
export async function removeBuilds(cluster: Cluster, namespace: string, task: AttemptOf): Promise<void> {
  const labels = selectorOf(attemptLabels(task));
  await using watch = new JobWatch(cluster, namespace, jobName(task), labels);
  await persistently(() => removeJob(cluster, namespace, task));
  await persistently(() => watch.listed());
  const ended = watch.until(
    (state) => isOver(state) || (state.pod === undefined && state.job === undefined) || undefined,
    AbortSignal.timeout(END_MS),
  );
  await ended.catch(() => undefined);
}

/** Asks for the end of an attempt's Job and of what belongs to it. */
export async function removeJob(cluster: Cluster, namespace: string, task: AttemptOf): Promise<void> {
  const name = jobName(task);
  await cluster.remove(
    { apiVersion: 'batch/v1', kind: 'Job', namespace, name },
    { propagation: 'Foreground' },
  );
  // Its owner may not be written into it yet.
  await cluster.remove({ apiVersion: 'v1', kind: 'Secret', namespace, name });
}

/** Ends and removes the attempts of an installation that nobody wants. */
export async function sweepBuilds(
  cluster: Cluster,
  namespace: string,
  installationId: string,
  keep: () => Promise<ReadonlySet<string>>,
): Promise<void> {
  const selector = selectorOf({ ...installationLabels(installationId), [LABEL.kind]: BUILD_KIND });
  const jobs = await cluster.list<V1Job>('batch/v1', 'Job', selector, namespace);
  const secrets = await cluster.list<V1Secret>('v1', 'Secret', selector, namespace);
  const wanted = await keep();
  // What has ended stays to be looked at, until the cluster takes it away.
  const running = jobs.items.filter(
    ({ status }) => status?.completionTime === undefined && !hasFailed(status),
  );
  const named = new Set(jobs.items.map(({ metadata }) => metadata?.name));
  const alone = secrets.items.filter(({ metadata }) => !named.has(metadata?.name));
  for (const { metadata } of [...running, ...alone]) {
    const labels = metadata?.labels ?? {};
    const [buildId = '', attempt = ''] = [labels[LABEL.build], labels[LABEL.attempt]];
    if (wanted.has(`${buildId}-${attempt}`)) continue;
    const appId = labels[LABEL.app] ?? '';
    await removeJob(cluster, namespace, { installationId, appId, buildId, attempt: Number(attempt) });
  }
}

function hasFailed(status: V1Job['status']): boolean {
  return (status?.conditions ?? []).some(
    (condition) => condition.type === 'Failed' && condition.status === 'True',
  );
}

/** Removes everything that builds of an app have: their Jobs, and the cache. Resolves when no pod of them is left. */
export async function removeAppBuilds(
  cluster: Cluster,
  namespace: string,
  installationId: string,
  appId: string,
): Promise<void> {
  const selector = selectorOf(appLabels(installationId, appId, BUILD_KIND));
  const jobs = await cluster.list<V1Job>('batch/v1', 'Job', selector, namespace);
  const secrets = await cluster.list<V1Secret>('v1', 'Secret', selector, namespace);
  for (const { metadata } of jobs.items) {
    const name = metadata?.name ?? '';
    await cluster.remove(
      { apiVersion: 'batch/v1', kind: 'Job', namespace, name },
      { propagation: 'Foreground' },
    );
  }
  for (const { metadata } of secrets.items) {
    await cluster.remove({ apiVersion: 'v1', kind: 'Secret', namespace, name: metadata?.name ?? '' });
  }
  const caches = selectorOf(appLabels(installationId, appId, CACHE_KIND));
  const volumes = await cluster.list<V1PersistentVolumeClaim>(
    'v1',
    'PersistentVolumeClaim',
    caches,
    namespace,
  );
  for (const { metadata } of volumes.items) {
    const name = metadata?.name ?? '';
    await cluster.remove({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name });
  }
  const began = performance.now();
  while (performance.now() - began < END_MS) {
    const pods = await cluster.list<V1Pod>('v1', 'Pod', selector, namespace);
    if (pods.items.length === 0) return;
    await pause(500);
  }
}

const TRIES = 20;
const PAUSE_MS = 500;

/** An API server that is away is asked again: what was cancelled must not go on. */
async function persistently(act: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      if (tries >= TRIES) throw error;
      await pause(PAUSE_MS * Math.min(tries, 6));
    }
  }
}

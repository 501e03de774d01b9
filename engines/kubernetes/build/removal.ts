import { setTimeout as pause } from 'node:timers/promises';
import type { V1Job, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { BuildTask } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { Reflector } from '../api/reflector.ts';
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

/** Asks for the end of an attempt's Job and of what belongs to it. It is gone when they are. */
export async function removeJob(
  cluster: Cluster,
  namespace: string,
  task: Omit<AttemptOf, 'appId'>,
): Promise<void> {
  await cluster.remove(
    { apiVersion: 'batch/v1', kind: 'Job', namespace, name: jobName(task) },
    { propagation: 'Foreground' },
  );
}

/** Asks for the end of what still runs of the attempts before this one: nobody waits for them any more. */
export async function removeOlderAttempts(
  cluster: Cluster,
  namespace: string,
  { installationId, appId, buildId, attempt }: AttemptOf,
): Promise<void> {
  const labels = { ...appLabels(installationId, appId, BUILD_KIND), [LABEL.build]: buildId };
  const jobs = await cluster.list<V1Job>('batch/v1', 'Job', selectorOf(labels), namespace);
  for (const { metadata } of jobs.items.filter((job) => !hasEnded(job))) {
    const other = Number(metadata?.labels?.[LABEL.attempt]);
    if (other < attempt) await removeJob(cluster, namespace, { installationId, buildId, attempt: other });
  }
}

/**
 * Ends and removes the attempts of an installation that nobody wants.
 * @param suspects names of Jobs that nobody wanted at the look before; becomes those of this one. An attempt that is over goes
 * on for some seconds in the cluster, and must not be broken off there
 */
export async function sweepBuilds(
  cluster: Cluster,
  namespace: string,
  installationId: string,
  keep: () => Promise<ReadonlySet<string>>,
  suspects: Set<string>,
): Promise<void> {
  const selector = selectorOf({ ...installationLabels(installationId), [LABEL.kind]: BUILD_KIND });
  const jobs = await cluster.list<V1Job>('batch/v1', 'Job', selector, namespace);
  const wanted = await keep();
  const before = new Set(suspects);
  suspects.clear();
  // What has ended stays to be looked at, until the cluster takes it away.
  for (const { metadata } of jobs.items.filter((job) => !hasEnded(job))) {
    const { [LABEL.build]: buildId = '', [LABEL.attempt]: attempt = '' } = metadata?.labels ?? {};
    if (wanted.has(`${buildId}-${attempt}`)) continue;
    const task = { installationId, buildId, attempt: Number(attempt) };
    if (before.has(jobName(task))) await removeJob(cluster, namespace, task);
    else suspects.add(jobName(task));
  }
}

function hasEnded({ status }: V1Job): boolean {
  return (status?.conditions ?? []).some(
    (condition) => ['Complete', 'Failed'].includes(condition.type) && condition.status === 'True',
  );
}

/**
 * Removes everything that builds of an app have: their Jobs, and the cache. Resolves when none of them runs, or when a node
 * cannot be heard any more.
 */
export async function removeAppBuilds(
  cluster: Cluster,
  namespace: string,
  installationId: string,
  appId: string,
): Promise<void> {
  const labelSelector = selectorOf(appLabels(installationId, appId, BUILD_KIND));
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const jobs = new Reflector<V1Job>(
    cluster,
    { path: `/apis/batch/v1/namespaces/${namespace}/jobs`, labelSelector },
    { set: () => undefined, gone: () => (jobs.lastKnown().length === 0 ? resolve() : undefined) },
  );
  const late = new AbortController();
  try {
    const found = await jobs.current();
    for (const { metadata } of found) {
      const name = metadata?.name ?? '';
      await cluster.remove(
        { apiVersion: 'batch/v1', kind: 'Job', namespace, name },
        { propagation: 'Foreground' },
      );
    }
    await removeCaches(cluster, namespace, installationId, appId);
    const patience = pause(END_MS, undefined, { signal: late.signal }).catch(() => undefined);
    if (found.length > 0) await Promise.race([gone, patience]);
  } finally {
    late.abort();
    await jobs.close();
  }
}

async function removeCaches(
  cluster: Cluster,
  namespace: string,
  installationId: string,
  appId: string,
): Promise<void> {
  const kind = 'PersistentVolumeClaim';
  const selector = selectorOf(appLabels(installationId, appId, CACHE_KIND));
  const volumes = await cluster.list<V1PersistentVolumeClaim>('v1', kind, selector, namespace);
  for (const { metadata } of volumes.items) {
    await cluster.remove({ apiVersion: 'v1', kind, namespace, name: metadata?.name ?? '' });
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

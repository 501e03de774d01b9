import type { V1Job } from '@kubernetes/client-node';
import type { BuildTask, RemoteSource } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { Refusal } from '../../../core/reason.ts';
import { ClusterRefused, unless } from '../api/errors.ts';
import { cacheOf, jobOf, keepsCache, secretOf } from './job-spec.ts';
import { refusedPod } from './job-state.ts';
import type { JobBuildSettings } from './job-settings.ts';
import { OWN_LINES } from './own-lines.ts';
import { removeOlderAttempts } from './removal.ts';

const CONFLICT = 409;
const FORBIDDEN = 403;

/**
 * Makes the Job of an attempt, or finds the one that another runner has made.
 * @throws ClusterUnreachable, ClusterRefused
 */
export async function startJob(
  cluster: Cluster,
  settings: JobBuildSettings,
  task: BuildTask,
  source: RemoteSource,
): Promise<V1Job> {
  const { namespace, cache } = settings;
  if (task.attempt > 1) await removeOlderAttempts(cluster, namespace, task);
  if (cache !== undefined && keepsCache(task, settings)) {
    await unless([CONFLICT], cluster.create(cacheOf(task, namespace, cache)));
  }
  const own = { before: task.logBytes, lines: [] };
  const job = await createOrFind(cluster, jobOf(task, settings, { [OWN_LINES]: JSON.stringify(own) }));
  // After the Job, so that it is owned by it and goes with it. Its pod waits for it, and usually need not.
  await unless([CONFLICT], cluster.create(secretOf(task, settings, source, job.metadata?.uid ?? '')));
  return job;
}

async function createOrFind(cluster: Cluster, job: V1Job): Promise<V1Job> {
  try {
    return await cluster.create(job);
  } catch (error) {
    if (!(error instanceof ClusterRefused)) throw error;
    if (error.status === FORBIDDEN) throw notAdmitted(error);
    if (error.status !== CONFLICT) throw error;
    const { name = '', namespace = '' } = job.metadata ?? {};
    const found = await cluster.read<V1Job>({ apiVersion: 'batch/v1', kind: 'Job', name, namespace });
    // Gone in between: somebody ends what is left of it.
    if (found === undefined) throw error;
    return found;
  }
}

/** Asked again by who asks; when it stays so, people are told this. */
function notAdmitted(error: ClusterRefused): Refusal {
  return Refusal.of(503, refusedPod(error.message).reason);
}

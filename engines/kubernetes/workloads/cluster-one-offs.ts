import { createHash } from 'node:crypto';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { OneOffState } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { isExisting, unless } from '../api/errors.ts';
import { ANNOTATION } from '../labels.ts';
import type { Fleet } from './fleet.ts';
import { byAge, exitOf, isOfJob, KILLED, placeOf, untilPod } from './one-off-pod.ts';
import { podFacts } from './pod-facts.ts';
import type { PodPlace } from './pod-logs.ts';

/** Seconds between SIGTERM and SIGKILL for one that is killed. */
const KILL_GRACE_SECONDS = 1;
/** Milliseconds until one that is killed must have ended: a node that does not answer is found out within 40 s. */
const END_MS = 60_000;

/** The Jobs and pods of one-offs, as the cluster holds them. A bare pod and a Job stand under the same name. */
export class ClusterOneOffs {
  private readonly cluster: Cluster;
  private readonly fleet: Fleet;

  constructor(cluster: Cluster, fleet: Fleet) {
    this.cluster = cluster;
    this.fleet = fleet;
  }

  /** One that stands there and was never begun gives way. @throws ClusterRefused `AlreadyExists` */
  async create(wanted: V1Pod | V1Job, place: PodPlace, isJob: boolean): Promise<{ uid: string | undefined }> {
    try {
      return { uid: (await this.cluster.create(wanted)).metadata?.uid };
    } catch (error) {
      if (!isJob || !isExisting(error) || !(await this.isRemovedUnbegun(place))) throw error;
      return { uid: (await this.cluster.create(wanted)).metadata?.uid };
    }
  }

  /** Before a Job's command begins, so that one that runs never looks as if it had not. */
  async noteBegun(place: PodPlace): Promise<void> {
    await this.cluster.merge<V1Job>({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { ...place, annotations: { [ANNOTATION.begun]: 'yes' } },
    });
  }

  /** `unbegun`: its pod may still wait at the gate. */
  async state(place: PodPlace): Promise<OneOffState | undefined> {
    const job = await this.cluster.read<V1Job>({ apiVersion: 'batch/v1', kind: 'Job', ...place });
    if (job === undefined) {
      const pod = await this.cluster.read<V1Pod>({ apiVersion: 'v1', kind: 'Pod', ...place });
      return pod === undefined ? undefined : stateOf(pod);
    }
    if (isUnbegun(job)) return { state: 'unbegun' };
    const pods = await this.podsOf(place);
    const [pod] = pods.filter((one) => isOfJob(job.metadata?.uid, one)).toSorted(byAge);
    const ended = job.status?.conditions?.find(
      ({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True',
    );
    const state = pod === undefined ? undefined : stateOf(pod);
    if (state?.state === 'exited') return state;
    if (ended !== undefined) return { state: 'exited', code: ended.type === 'Complete' ? 0 : KILLED };
    if (pod !== undefined) return { state: 'running' };
    return { state: 'exited', code: (job.status?.succeeded ?? 0) > 0 ? 0 : KILLED };
  }

  /** Asks the API, as the watch may not have told yet. */
  async isLeaving({ namespace, name }: PodPlace): Promise<boolean> {
    const pod = await this.cluster
      .read<V1Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, name })
      .catch(() => this.fleet.pods.get(namespace, name));
    return pod === undefined || podFacts(pod).leaving;
  }

  /** Resolves when no pod of it runs. @throws Error when its end is not seen within `END_MS` */
  async kill(place: PodPlace): Promise<void> {
    await this.fleet.pods.current();
    await this.endJob(place);
    for (const pod of await this.podsOf(place)) {
      if (exitOf(pod) !== undefined) continue;
      const { uid = '' } = pod.metadata ?? {};
      await this.cluster.remove(
        { apiVersion: 'v1', kind: 'Pod', ...placeOf(pod) },
        { graceSeconds: KILL_GRACE_SECONDS, uid },
      );
    }
    const limit = { ms: END_MS, until: 'end' } as const;
    await untilPod(this.fleet, place, (pod) => (exitOf(pod) === undefined ? undefined : true), limit);
  }

  /** With whatever still runs of it. */
  async remove(place: PodPlace, isJob: boolean): Promise<void> {
    const kind = isJob ? { apiVersion: 'batch/v1', kind: 'Job' } : { apiVersion: 'v1', kind: 'Pod' };
    await this.cluster.remove({ ...kind, ...place }, { graceSeconds: KILL_GRACE_SECONDS });
  }

  /** Takes away a Job of a server that died before it let it begin. @returns false when it may have begun */
  private async isRemovedUnbegun(place: PodPlace): Promise<boolean> {
    const id = { apiVersion: 'batch/v1', kind: 'Job', ...place };
    const job = await this.cluster.read<V1Job>(id);
    if (job === undefined) return true;
    if (!isUnbegun(job)) return false;
    await this.kill(place);
    await this.cluster.remove(id, { uid: job.metadata?.uid ?? '' });
    return true;
  }

  /**
   * A Job whose pod is not made yet would make it later, to wait at its gate for ever. One whose time is over makes none,
   * fails, and keeps the pod that has ended, which tells its exit code; a bare pod has no Job.
   */
  private async endJob(metadata: PodPlace): Promise<void> {
    const change = { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { activeDeadlineSeconds: 1 } };
    await unless([404], this.cluster.merge(change));
  }

  private async podsOf(place: PodPlace): Promise<V1Pod[]> {
    const bare = await unless([404], this.cluster.read<V1Pod>({ apiVersion: 'v1', kind: 'Pod', ...place }));
    if (bare !== undefined) return [bare];
    return (await this.cluster.list<V1Pod>('v1', 'Pod', `job-name=${place.name}`, place.namespace)).items;
  }
}

/** Keys may hold anything, names of pods may not. */
export function oneOffName(key: string): string {
  return `run-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
}

function stateOf(pod: V1Pod): OneOffState {
  const exit = exitOf(pod);
  return exit === undefined ? { state: 'running' } : { state: 'exited', code: exit.code };
}

function isUnbegun(job: V1Job): boolean {
  return job.metadata?.annotations?.[ANNOTATION.begun] === undefined;
}

import type { V1Pod } from '@kubernetes/client-node';
import type { Fleet } from './fleet.ts';
import { podFacts, statusOf } from './pod-facts.ts';
import type { PodPlace } from './pod-logs.ts';

export interface Exit {
  readonly code: number;
  readonly oomKilled: boolean;
}

/** Where the pod of a one-off is: under its own name, or under that of the Job that makes it. */
export interface OneOffPlace extends PodPlace {
  /** uid of the Job, where a pod of an earlier one of its name may still be leaving. */
  readonly job?: string | undefined;
}

/** What is used of the fleet. */
export interface WatchedPods {
  readonly pods: Pick<Fleet['pods'], 'current' | 'lastKnown'>;
  readonly onPod: Fleet['onPod'];
}

export interface Limit {
  /** Milliseconds. */
  readonly ms: number;
  readonly until: 'start' | 'end';
  /** Ends the wait, of which nothing comes then. */
  readonly signal?: AbortSignal;
}

/** Exit code of what was killed, and of what nobody knows how it ended. */
export const KILLED = 137;

/**
 * How a one-off ended; undefined: it has not. Of one that is to end on a node that does not answer nothing more will be
 * heard, so it counts as killed.
 * @param pod undefined: it is gone
 */
export function exitOf(pod: V1Pod | undefined): Exit | undefined {
  if (pod === undefined) return { code: KILLED, oomKilled: false };
  const { phase, leaving, nodeLost } = podFacts(pod);
  const { terminated } = statusOf(pod)?.state ?? {};
  if (terminated === undefined && phase !== 'over' && !(leaving && nodeLost)) return undefined;
  const code = leaving ? KILLED : (terminated?.exitCode ?? KILLED);
  return { code, oomKilled: terminated?.reason === 'OOMKilled' };
}

/**
 * Waits, by the one watch of all pods, until one says something about the pod of a one-off. A watch that is away for a
 * while is waited for: it tells what it missed.
 * @param look throws or answers when it has seen enough; undefined: the pod is not there
 * @throws Error after the limit
 */
export function untilPod<T>(
  fleet: WatchedPods,
  place: OneOffPlace,
  look: (pod: V1Pod | undefined) => T | undefined,
  limit?: Limit,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const stop = (): void => {
    deaf();
    clearTimeout(late);
  };
  const see = (): void => {
    try {
      const found = look(podAt(fleet, place));
      if (found === undefined) return;
      stop();
      resolve(found);
    } catch (error) {
      stop();
      reject(error);
    }
  };
  const deaf = fleet.onPod((pod) => {
    // After the change is known to the watch.
    if (isAt(place, pod)) queueMicrotask(see);
  });
  const late =
    limit === undefined
      ? undefined
      : setTimeout(() => {
          stop();
          reject(new Error(`${place.name} did not ${limit.until} within ${String(limit.ms / 1_000)} s`));
        }, limit.ms);
  limit?.signal?.addEventListener('abort', stop);
  void fleet.pods
    .current()
    .catch(() => undefined)
    .then(see);
  return promise;
}

/** The pod of a one-off, as last known. */
export function podAt({ pods }: WatchedPods, place: OneOffPlace): V1Pod | undefined {
  const [pod] = pods
    .lastKnown()
    .filter((one) => isAt(place, one))
    .toSorted(byAge);
  return pod;
}

function isAt({ namespace, name, job }: OneOffPlace, pod: V1Pod): boolean {
  if (pod.metadata?.namespace !== namespace) return false;
  if (pod.metadata.name === name) return true;
  return pod.metadata.labels?.['job-name'] === name && (job === undefined || isOfJob(job, pod));
}

/** @param job its uid */
export function isOfJob(job: string | undefined, { metadata }: V1Pod): boolean {
  return metadata?.ownerReferences?.some(({ uid }) => uid === job) === true;
}

export function placeOf({ metadata }: V1Pod): PodPlace {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}

export function byAge(a: V1Pod, b: V1Pod): number {
  return time(a) - time(b);
}

function time({ metadata }: V1Pod): number {
  return new Date(metadata?.creationTimestamp ?? 0).getTime();
}

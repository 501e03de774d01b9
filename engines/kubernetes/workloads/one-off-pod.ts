import type { V1Pod } from '@kubernetes/client-node';
import type { Fleet } from './fleet.ts';
import type { PodPlace } from './pod-logs.ts';

/**
 * Waits, by the one watch of all pods, until one says something about the pod of a one-off.
 * @param place of the pod, or of the Job that makes it
 * @param look throws or answers when it has seen enough; undefined: the pod is not there
 */
export function untilPod<T>(
  fleet: Fleet,
  { namespace, name }: PodPlace,
  limitMs: number | undefined,
  look: (pod: V1Pod | undefined) => T | undefined,
): Promise<T> {
  const isIts = ({ metadata }: V1Pod): boolean =>
    metadata?.namespace === namespace && (metadata.name === name || metadata.labels?.['job-name'] === name);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const stop = (): void => {
    deaf();
    clearTimeout(late);
  };
  const see = (): void => {
    try {
      const [pod] = fleet.pods.lastKnown().filter(isIts).toSorted(byAge);
      const found = look(pod);
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
    if (isIts(pod)) queueMicrotask(see);
  });
  const late =
    limitMs === undefined
      ? undefined
      : setTimeout(() => {
          stop();
          reject(new Error(`${name} did not start within ${String(limitMs / 1_000)} s`));
        }, limitMs);
  fleet.pods.current().then(see, (error: unknown) => {
    stop();
    reject(error);
  });
  return promise;
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

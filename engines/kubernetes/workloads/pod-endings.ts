import type { Cluster } from '../api/cluster.ts';
import { LABEL } from '../labels.ts';
import type { Fleet, Tracked } from './fleet.ts';
import { LEAVE_SECONDS } from './objects/process-objects.ts';

/** Resolves when none of these pods is there; each gets no more than so many seconds from the moment that its end began. */
export async function untilGone(
  { cluster, fleet }: { readonly cluster: Cluster; readonly fleet: Fleet },
  filter: { appId: string; releaseId?: string },
  graceSeconds: number,
): Promise<void> {
  const hurried = new Set<string>();
  await until(fleet, filter.appId, () => {
    const left = fleet.find(filter);
    for (const one of left) {
      if (!one.watch.facts.leaving || hurried.has(one.uid)) continue;
      hurried.add(one.uid);
      const given = one.pod.metadata?.deletionGracePeriodSeconds ?? graceSeconds;
      if (given > graceSeconds + LEAVE_SECONDS) hurry(cluster, one, graceSeconds);
    }
    return left.length === 0 ? true : undefined;
  });
}

/** Asks for its end within so many seconds. */
export function hurry(cluster: Cluster, { namespace, name, uid }: Tracked, graceSeconds: number): void {
  cluster
    .remove({ apiVersion: 'v1', kind: 'Pod', namespace, name }, { graceSeconds, uid })
    .catch(() => undefined);
}

/** Waits by watching until something is so of an app's pods, at most `limitMs` milliseconds. */
export async function until(
  fleet: Fleet,
  appId: string,
  look: () => boolean | undefined,
  limitMs?: number,
): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      stop();
      deaf();
      clearTimeout(late);
      resolve();
    };
    const again = (changedApp: string): void => {
      if (changedApp === appId && look() === true) end();
    };
    const late = limitMs === undefined ? undefined : setTimeout(end, limitMs);
    const stop = fleet.onChange(again);
    // After the change is known to the fleet.
    const deaf = fleet.onPod(({ metadata }) => {
      queueMicrotask(() => again(metadata?.labels?.[LABEL.app] ?? ''));
    });
    again(appId);
  });
}

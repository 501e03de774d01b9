import type { V1Deployment } from '@kubernetes/client-node';
import type { Reason } from '../../../core/reason.ts';
import { ANNOTATION } from '../labels.ts';
import { notMade } from './cluster-reasons.ts';
import { readAsked, type AskedProcess } from './objects/asked.ts';
import type { OwnChange } from './own-objects.ts';

/** Replicas that a Deployment should have and has no pods for. */
export interface Missing {
  readonly asked: AskedProcess;
  readonly namespace: string;
  readonly index: number;
  readonly reason?: Reason;
}

/** @param present what stays of a process; those that are on their way out do not count */
export function missingReplicas(
  deployments: readonly V1Deployment[],
  appId: string | undefined,
  present: (asked: AskedProcess) => readonly { readonly index: number }[],
): Missing[] {
  return deployments.flatMap((deployment) => {
    const asked = readAsked(deployment);
    if (asked === undefined || (appId !== undefined && asked.appId !== appId)) return [];
    if (deployment.metadata?.deletionTimestamp !== undefined) return [];
    const there = present(asked);
    const taken = new Set(there.map(({ index }) => index));
    const failure = failureOf(deployment);
    const found: Missing[] = [];
    for (let index = 1; there.length + found.length < asked.replicas; index += 1) {
      if (taken.has(index)) continue;
      const source = `${asked.process}.${String(index)}`;
      const why = failure === undefined ? {} : { reason: notMade(failure.message ?? '', source) };
      found.push({ asked, namespace: deployment.metadata?.namespace ?? '', index, ...why });
    }
    return found;
  });
}

/** A Deployment's state changes with each step of each pod, which the pods tell themselves. */
export function tellsOfReplicas({ object, previous, gone }: OwnChange): boolean {
  const told = (one: V1Deployment | undefined): string =>
    JSON.stringify([
      one?.metadata?.annotations?.[ANNOTATION.asked],
      one?.spec?.replicas,
      failureOf(one)?.message,
    ]);
  return gone || told(object) !== told(previous);
}

/** Why the cluster does not let its pods be made. */
function failureOf(deployment: V1Deployment | undefined) {
  return deployment?.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
}

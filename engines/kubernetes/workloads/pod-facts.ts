import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { ANNOTATION } from '../labels.ts';
import { CONTAINER } from './objects/pod-spec.ts';

/** How a container ended, as far as the cluster tells. */
export interface Ended {
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** The cluster's word: Error, Completed, OOMKilled, StartError, … */
  readonly why: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The part of a pod that a replica's state is made of. */
export interface PodFacts {
  /** `over`: it will never run again. */
  readonly phase: 'pending' | 'waiting' | 'running' | 'ended' | 'over';
  /** Somebody asked for its end. */
  readonly leaving: boolean;
  readonly ip: string | undefined;
  readonly node: string | undefined;
  /** Its node does not answer the cluster, so nothing that is said of it is news. */
  readonly nodeLost: boolean;
  readonly wasReady: boolean;
  readonly restarts: number;
  /** Milliseconds since 1970; 0 when it never started. */
  readonly startedAt: number;
  /** How this life ended, else the one before. */
  readonly ended: Ended | undefined;
  /** Why it does not run yet: the cluster's word, and its message. */
  readonly held: { readonly why: string; readonly message: string } | undefined;
}

export function podFacts(pod: V1Pod): PodFacts {
  const container = statusOf(pod);
  const { running, terminated, waiting } = container?.state ?? {};
  const last = terminated ?? container?.lastState?.terminated;
  return {
    phase: phaseOf(pod, container),
    leaving: pod.metadata?.deletionTimestamp !== undefined,
    ip: pod.status?.podIP,
    node: pod.spec?.nodeName,
    nodeLost: isNodeLost(pod),
    wasReady: pod.metadata?.annotations?.[ANNOTATION.wasReady] !== undefined,
    restarts: container?.restartCount ?? 0,
    startedAt: instant(running?.startedAt ?? last?.startedAt),
    ended:
      last === undefined
        ? undefined
        : {
            exitCode: last.exitCode,
            oomKilled: last.reason === 'OOMKilled',
            why: last.reason ?? '',
            message: last.message ?? '',
            at: instant(last.finishedAt),
          },
    held: heldBy(pod, waiting),
  };
}

export function statusOf(pod: V1Pod): V1ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER);
}

/** The container went with its node, or nobody knows how it ended: that says nothing about the app. */
export function wentWithItsNode(ended: Ended): boolean {
  return ended.why === 'Unknown' || ended.why === 'ContainerStatusUnknown' || ended.why === 'NodeShutdown';
}

function phaseOf(pod: V1Pod, container: V1ContainerStatus | undefined): PodFacts['phase'] {
  const phase = pod.status?.phase;
  if (phase === 'Failed' || phase === 'Succeeded') return 'over';
  if (container?.state?.running) return 'running';
  if (container?.state?.terminated) return 'ended';
  return container?.state?.waiting === undefined ? 'pending' : 'waiting';
}

/** The container is ready by its own node's last word, and the cluster has taken the pod's readiness away since. */
function isNodeLost(pod: V1Pod): boolean {
  return condition(pod, 'Ready') === 'False' && condition(pod, 'ContainersReady') === 'True';
}

/** The cluster's own opinion, which its node forms by requests of its own, a second or so after ours. */
export function isReadyInCluster(pod: V1Pod): boolean {
  return condition(pod, 'Ready') === 'True';
}

function condition(pod: V1Pod, wanted: string): string | undefined {
  return pod.status?.conditions?.find(({ type }) => type === wanted)?.status;
}

function heldBy(
  pod: V1Pod,
  waiting: { reason?: string; message?: string } | undefined,
): { why: string; message: string } | undefined {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    return { why: scheduled.reason ?? 'Unschedulable', message: scheduled.message ?? '' };
  }
  if (waiting?.reason === undefined || PASSING.has(waiting.reason)) return undefined;
  return { why: waiting.reason, message: waiting.message ?? '' };
}

const PASSING = new Set(['ContainerCreating', 'PodInitializing', 'CrashLoopBackOff']);

function instant(date: Date | string | undefined): number {
  return date === undefined ? 0 : new Date(date).getTime();
}

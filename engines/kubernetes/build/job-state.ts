import type { V1ContainerStatus, V1Job, V1Pod } from '@kubernetes/client-node';
import { reason } from '../../../core/reason.ts';
import type { ReasonCode } from '../../../core/reasons/reasons.ts';
import type { Reason } from '../../../core/reason.ts';
import type { Stage } from '../../port.ts';

/** What is known of an attempt's Job. */
export interface JobState {
  readonly job: V1Job | undefined;
  readonly pod: V1Pod | undefined;
  /** The Job was there and is not any more. */
  readonly jobGone: boolean;
  /** The pod was there and is not any more. */
  readonly podGone: boolean;
  /** Why the Job's controller could make no pod. */
  readonly refusal: string | undefined;
  /** Why the node could not give the pod its volumes, as far as it has said. */
  readonly mountTrouble: string | undefined;
}

/** Why an attempt ends without its containers having said how. */
export interface JobVerdict {
  readonly result: 'failed' | 'lost';
  readonly reason: Reason;
}

export function containerOf(pod: V1Pod | undefined, name: string): V1ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod?.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].find((status) => status.name === name);
}

/** Its log can be read. */
export function hasStarted(pod: V1Pod | undefined, container: string): boolean {
  const state = containerOf(pod, container)?.state;
  return state?.running !== undefined || state?.terminated !== undefined;
}

export function hasEnded(pod: V1Pod | undefined, container: string): boolean {
  return containerOf(pod, container)?.state?.terminated !== undefined;
}

/** Nothing of it runs any more. */
export function isOver({ pod, podGone, jobGone, job }: JobState): boolean {
  if (podGone) return true;
  if (pod === undefined) return jobGone || failedCondition(job) !== undefined;
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/**
 * What the cluster has done to it: it ends now, whatever its containers say or do not say any more.
 * @returns undefined while it may go on
 */
export function disruption({ pod, podGone, job, jobGone }: JobState): JobVerdict | undefined {
  const disrupted = pod?.status?.conditions?.find(
    ({ type, status }) => type === 'DisruptionTarget' && status === 'True',
  );
  const node = pod?.spec?.nodeName ?? 'its node';
  if (pod?.status?.reason === 'Evicted' || disrupted?.reason === 'TerminationByKubelet') {
    const said = pod?.status?.message ?? disrupted?.message ?? '';
    if (/emptydir|ephemeral/i.test(said)) return tooMuchDisk(said);
    return lost('build_evicted', `${node} put the build out: ${said}`, 'it is short of memory or disk');
  }
  if (disrupted !== undefined) {
    const what = disrupted.reason === 'DeletionByTaintManager' ? `${node} was lost` : `${node} was drained`;
    return lost('build_node_lost', `${what} while it ran the build`, 'kubectl get nodes');
  }
  if (failedCondition(job)?.reason === 'DeadlineExceeded') {
    return {
      result: 'failed',
      reason: reason(
        'build_timeout',
        `the build took longer than ${job?.spec?.activeDeadlineSeconds ?? 0} s in all, with the time that it waited for a place`,
        'make it faster, or raise build.timeout in sluice.yaml',
      ),
    };
  }
  if (jobGone) return lost('build_job_deleted', 'somebody has deleted the Job of the build', 'push again');
  if (podGone || pod?.metadata?.deletionTimestamp !== undefined) {
    return lost('build_pod_deleted', 'somebody has deleted the pod of the build', 'push again');
  }
  return undefined;
}

/** Why a Job that is over has not said how it ended. */
export function whySilent(state: JobState, stage: Stage, words: readonly string[]): JobVerdict {
  const killed = outOfMemory(state, stage);
  if (killed !== undefined) return killed;
  const disrupted = disruption(state);
  if (disrupted !== undefined) return disrupted;
  const ended = containerOf(state.pod, stage)?.state?.terminated;
  const how = ended === undefined ? 'ended' : `ended with exit code ${ended.exitCode}`;
  const why = reason(
    'build_broke_off',
    `the container of the ${stage} stage ${how} without saying why`,
    'push again; see `sluice doctor` when it stays so',
    words,
  );
  return { result: 'lost', reason: why };
}

/** A container that was killed for its memory; that of BuildKit starts again, without the build. */
export function outOfMemory({ pod }: JobState, stage: Stage): JobVerdict | undefined {
  for (const name of ['buildkit', 'test', 'build']) {
    const status = containerOf(pod, name);
    const ends = [status?.state?.terminated, status?.lastState?.terminated];
    if (ends.every((end) => end?.reason !== 'OOMKilled')) continue;
    const spec = [...(pod?.spec?.initContainers ?? []), ...(pod?.spec?.containers ?? [])];
    const limit = spec.find((container) => container.name === name)?.resources?.limits?.['memory'];
    const most = limit === undefined ? '' : ` of ${limit}`;
    return {
      result: 'failed',
      reason: reason(
        'oom_killed',
        `the ${stage} stage used more memory than its limit${most}, and was killed`,
        'make it need less memory, or have an admin raise builds.resources of the chart',
      ),
    };
  }
  return undefined;
}

export interface Waiting {
  /** For people, without a full stop. */
  readonly text: string;
  /** When patience is over. */
  readonly verdict: JobVerdict;
}

/** Why it does not get on; undefined when it does. */
export function waiting(state: JobState): Waiting | undefined {
  const { pod, refusal } = state;
  if (pod === undefined) {
    if (refusal === undefined) return undefined;
    const verdict = refusedPod(refusal);
    return { text: verdict.reason.message, verdict };
  }
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (pod.spec?.nodeName === undefined) {
    const said = scheduled?.message ?? 'the scheduler has not said why';
    const text = `no node has a place for the build: ${said}`;
    // The cache is on a node that does not take it now, or can be had nowhere; the next attempt has none.
    const cached = pod.spec?.volumes?.some(
      ({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined,
    );
    const byCache = cached === true && (scheduled?.reason !== 'Unschedulable' || /volume/i.test(said));
    if (byCache)
      return { text, verdict: lost('unschedulable', text, 'kubectl get nodes,pvc -n sluice-builds') };
    return {
      text,
      verdict: failed(
        'unschedulable',
        text,
        'an admin adds a node, or asks for less by builds.resources of the chart',
      ),
    };
  }
  for (const name of ['buildkit', 'test', 'build']) {
    const held = containerOf(pod, name)?.state?.waiting;
    if (
      held?.reason === undefined ||
      !/^(ErrImage|ImagePull|InvalidImage|CreateContainer)/.test(held.reason)
    ) {
      continue;
    }
    const image = pod.spec?.initContainers
      ?.concat(pod.spec.containers)
      .find((one) => one.name === name)?.image;
    const pull = /Image/.test(held.reason);
    const text = pull
      ? `the image ${image ?? ''} of the builds cannot be pulled: ${held.message ?? held.reason}`
      : `the container ${name} cannot be made: ${held.message ?? held.reason}`;
    const code = pull ? 'build_image_unavailable' : 'build_container_refused';
    return { text, verdict: failed(code, text, 'see `sluice doctor`; it is no fault of the app') };
  }
  if (!isBeingPrepared(state)) return undefined;
  const said = state.mountTrouble ?? 'its volumes and images are not all there yet';
  const text = `${pod.spec.nodeName} has not begun the build: ${said}`;
  return { text, verdict: lost('build_not_begun', text, 'kubectl get events -n sluice-builds') };
}

/** It has a node, which has not begun its first container: the volumes are awaited, then the image. */
export function isBeingPrepared({ pod }: JobState): boolean {
  const held = containerOf(pod, 'buildkit')?.state?.waiting?.reason;
  return pod?.spec?.nodeName !== undefined && /^(ContainerCreating|PodInitializing)$/.test(held ?? '');
}

/** @param refusal what the API says of why it takes no Job, or no pod of it */
export function refusedPod(refusal: string): JobVerdict {
  const quota = /exceeded quota/.test(refusal);
  const message = `the cluster does not admit the build: ${refusal}`;
  return quota
    ? failed(
        'build_quota_exceeded',
        message,
        'wait for other builds, or raise the ResourceQuota: kubectl describe quota -n sluice-builds',
      )
    : failed('build_not_admitted', message, 'see `sluice doctor`');
}

function failedCondition(job: V1Job | undefined) {
  return job?.status?.conditions?.find(
    ({ type, status }) => (type === 'Failed' || type === 'FailureTarget') && status === 'True',
  );
}

function tooMuchDisk(said: string): JobVerdict {
  return failed('disk_full', `the build used more disk than it may: ${said}`, 'make it write less');
}

function failed(code: ReasonCode, message: string, hint: string): JobVerdict {
  return { result: 'failed', reason: reason(code, message, hint) };
}

function lost(code: ReasonCode, message: string, hint: string): JobVerdict {
  return { result: 'lost', reason: reason(code, message, hint) };
}

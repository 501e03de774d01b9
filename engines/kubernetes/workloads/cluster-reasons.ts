import { reason, type Reason } from '../../../core/reason.ts';
import type { ReasonCode } from '../../../core/reasons/reasons.ts';
import type { PodFacts } from './pod-facts.ts';

/** Why the cluster does not run a pod, in words that say what to change. Pure. */

export interface Whose {
  readonly appName: string;
  /** Number of its release. */
  readonly release: number;
  /** `web.1` */
  readonly source: string;
}

export interface HeldUp {
  readonly reason: Reason;
  /** It will not pass by itself: the release is at fault. */
  readonly lasting: boolean;
}

/** @returns undefined when nothing holds it up */
export function heldUp(facts: PodFacts, whose: Whose): HeldUp | undefined {
  if (facts.held === undefined) return undefined;
  const { why, message } = facts.held;
  const detail = message === '' ? [] : [oneLine(message)];
  switch (why) {
    case 'Unschedulable':
    case 'SchedulingGated':
      return passing('unschedulable', `no node of the cluster has room for ${whose.source}`, NODES, detail);
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'ErrImageNeverPull':
    case 'RegistryUnavailable':
      return saysMissing(message)
        ? imageMissing(whose, detail)
        : passing(
            'image_pull_failed',
            `the cluster cannot pull the image of ${whose.source}`,
            'it goes on trying; an admin sees more by `sluice doctor`: the registry may be away, or refuse the nodes',
            detail,
          );
    case 'InvalidImageName':
      return lasting('image_missing', `the image of ${whose.source} has no valid name`, undefined, detail);
    case 'CreateContainerConfigError':
      return passing(
        'config_not_there',
        `what ${whose.source} is given is not in the cluster`,
        'it is put back by itself; what it should be given: sluice config -a ' + whose.appName,
        detail,
      );
    default:
      return passing('start_failed', `the cluster cannot start ${whose.source} (${why})`, START, detail);
  }
}

/** Pods that the cluster does not let us make. @param said the API's own words */
export function notMade(said: string, source: string): Reason {
  if (/exceeded quota/i.test(said)) {
    return reason(
      'quota_exceeded',
      `a quota of the cluster has no room for ${source}`,
      'scale down, or ask the admin for a larger ResourceQuota',
      [oneLine(said)],
    );
  }
  return reason('pod_refused', `the cluster refuses to make ${source}`, ADMIN, [oneLine(said)]);
}

/** A program that cannot even be started. */
export function neverStarted(whose: Whose, said: string): Reason {
  if (saysNoShell(said)) {
    return reason(
      'no_shell',
      `the image of v${String(whose.release)} has no /bin/sh, by which ${whose.source} is started`,
      'add `COPY --from=busybox:musl /bin/busybox /bin/sh` to the last stage of the Dockerfile, and push',
      [oneLine(said)],
    );
  }
  return reason('start_failed', `the cluster cannot start ${whose.source}`, START, [oneLine(said)]);
}

export function nodeLost({ source }: Whose, node: string | undefined): Reason {
  return reason(
    'node_not_ready',
    `the node ${node === undefined ? '' : `${node} `}of ${source} does not answer the cluster`,
    'it is made anew elsewhere by itself; an admin sees more by: kubectl get nodes',
  );
}

const NODES = 'scale down, or ask the admin for more nodes or a lower SLUICE_APP_MEMORY';
const START = 'check USER, WORKDIR, ENTRYPOINT and CMD of the Dockerfile, and the Procfile';
const ADMIN = 'an admin sees more by: kubectl get events -n its namespace';

export function imageMissing(whose: Whose, detail: readonly string[]): HeldUp {
  return lasting(
    'image_missing',
    `the image of v${String(whose.release)} is no longer in the registry`,
    `build its commit again: sluice builds:create -a ${whose.appName}`,
    detail,
  );
}

function saysMissing(message: string): boolean {
  return /not found|manifest unknown|name unknown/i.test(message);
}

/** As runc and crun say it. Commands in a cluster wait at a gate that is a script, and those of a Procfile are one. */
function saysNoShell(message: string): boolean {
  return /["'`]?\/bin\/sh["'`]?:? .*(no such file|not found)/i.test(message);
}

function passing(code: ReasonCode, message: string, hint: string | undefined, detail: string[]): HeldUp {
  return { reason: reason(code, message, hint, detail), lasting: false };
}

function lasting(
  code: ReasonCode,
  message: string,
  hint: string | undefined,
  detail: readonly string[],
): HeldUp {
  return { reason: reason(code, message, hint, detail), lasting: true };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 500);
}

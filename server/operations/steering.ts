import { counted, lasting } from '../../core/canary/figures.ts';
import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import { Refusal } from '../../core/reason.ts';
import type { ReasonCode } from '../../core/reasons/reasons.ts';
import { rolloutHasEnded, type RolloutEventKind, type RolloutState } from '../../core/rollout.ts';
import type { CanaryStep } from '../canary-facts.ts';

/** What people do to a rollout under way. */
export type Steering = 'pause' | 'resume' | 'promote' | 'abort';

/** Where a rollout stands, as far as people may steer it by that. */
export interface Standing {
  readonly app: string;
  readonly release: number;
  readonly state: RolloutState;
  /** Whether steps are to be walked. */
  readonly canary: boolean;
  readonly step?: CanaryStep | undefined;
  /** Name of the person who paused it. */
  readonly pausedBy?: string | undefined;
  readonly held: boolean;
  /** For how many requests at each step it waits, and how long in all. */
  readonly waits?: Pick<CanaryPolicy, 'minRequests' | 'maxWaitSeconds'> | undefined;
  /** The commit that it was built of, or that its config was changed for; absent for a rollback. */
  readonly commit?: string | undefined;
  /** The release that is live now. */
  readonly live?: number | undefined;
}

/** Why it cannot be done as things stand: always a 409, with what to type instead. Pure. */
export function refusalOf(steering: Steering, standing: Standing): Refusal | undefined {
  const { app, release, state } = standing;
  const show = `sluice rollouts:show v${release} -a ${app}`;
  if (state === 'promoting' && steering !== 'abort') {
    return conflict(
      'release_promoting',
      `v${release} is taking over the traffic at this moment`,
      steering === 'pause' ? `sluice rollouts:abort v${release} -a ${app}   takes it back` : show,
    );
  }
  if (rolloutHasEnded(state)) {
    return conflict(
      'rollout_has_ended',
      `the rollout of v${release} has ended already: ${state}`,
      nowThatItEnded(steering, standing),
    );
  }
  if (steering === 'pause' && standing.pausedBy !== undefined) {
    return conflict(
      'rollout_paused',
      `v${release} is paused already, by ${standing.pausedBy}`,
      `sluice rollouts:resume v${release} -a ${app}`,
    );
  }
  if (steering === 'resume' && !isKept(standing)) {
    return conflict(
      'rollout_not_paused',
      `v${release} is neither paused nor held: it goes on by itself`,
      show,
    );
  }
  if (steering === 'promote' && state === 'starting' && !standing.canary && !isKept(standing)) {
    return conflict(
      'rollout_without_canary',
      `v${release} walks no steps: it takes all traffic as soon as it is healthy`,
      show,
    );
  }
  return undefined;
}

/** Who wants what was taken back to be live all the same builds it once more: what it made is in the cache. */
function nowThatItEnded(steering: Steering, { app, release, state, live, commit }: Standing): string {
  if (release === live) return `sluice rollback -a ${app}`;
  if (steering === 'promote' && state !== 'live' && commit !== undefined) {
    return `to make it live all the same: sluice builds:create --commit ${commit} --now -a ${app}`;
  }
  return `sluice rollouts -a ${app}`;
}

/** The line that tells the rollout's story on. Pure. */
export function storyLine(
  steering: Steering,
  person: string,
  standing: Standing,
): { readonly kind: RolloutEventKind; readonly text: string } {
  const { release, step } = standing;
  switch (steering) {
    case 'pause':
      return {
        kind: 'paused',
        text: `${person} paused it${step ? ` at step ${step.number} of ${step.of}` : ''}: it does not go on by itself, and goes back if it is worse`,
      };
    case 'resume':
      return { kind: 'resumed', text: `${person} lets it go on${waitingAnew(standing)}` };
    case 'promote':
      return standing.state === 'starting'
        ? { kind: 'note', text: `${person} promotes it by hand: live as soon as it is healthy` }
        : {
            kind: 'promoting',
            text: `${person} promotes it by hand${step ? ` after ${step.number - 1} of ${step.of} steps` : ''}`,
          };
    case 'abort':
      return { kind: 'cancelled', text: `${person} aborted the rollout of v${release}` };
  }
}

/** What it was held for has not come by that: it would be held again at once. */
function waitingAnew({ held, waits }: Standing): string {
  if (!held || !waits) return '';
  const requests = counted(waits.minRequests, 'request');
  return `: it waits up to ${lasting(waits.maxWaitSeconds)} more for ${requests} at each step, and is held again if they do not come`;
}

function isKept({ pausedBy, held }: Standing): boolean {
  return pausedBy !== undefined || held;
}

function conflict(code: ReasonCode, message: string, hint: string): Refusal {
  return new Refusal(409, code, message, hint);
}

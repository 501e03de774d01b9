import type { CanaryPolicy } from '../manifest/manifest.ts';
import type { Decision } from './decision.ts';
import { everyProbePassed } from './decide.ts';

/** What a rollout does after a look. `sentence` says why, for people. */
export type Move =
  | { readonly move: 'stay' }
  | { readonly move: 'step'; readonly sentence: string }
  | { readonly move: 'promote'; readonly sentence: string; readonly evidence: 'strong' | 'weak' }
  | { readonly move: 'hold'; readonly code: 'little_traffic'; readonly sentence: string }
  | { readonly move: 'roll-back'; readonly code: string; readonly sentence: string };

export interface Position {
  /** Counts from 0. */
  readonly stepIndex: number;
  /** Somebody has paused it: it goes back when it is worse, and never on. */
  readonly paused: boolean;
}

/** One look's decision and where the rollout stands give what it does. Pure. */
export function nextMove(decision: Decision, policy: CanaryPolicy, position: Position): Move {
  const { result, code, sentence } = decision;
  if (result === 'fail') return { move: 'roll-back', code, sentence };
  if (result === 'wait' || position.paused) return { move: 'stay' };
  if (result === 'no_data') return withoutData(decision, policy);
  if (position.stepIndex + 1 < policy.steps.length) return { move: 'step', sentence };
  return { move: 'promote', sentence, evidence: 'strong' };
}

function withoutData({ sentence, evidence }: Decision, policy: CanaryPolicy): Move {
  const { sent, failed } = evidence.canary.probes;
  if (policy.onNoData === 'hold') return { move: 'hold', code: 'little_traffic', sentence };
  if (policy.onNoData === 'rollback') return { move: 'roll-back', code: 'little_traffic', sentence };
  if (everyProbePassed(evidence)) return { move: 'promote', sentence, evidence: 'weak' };
  // The router has sent none yet, which it can only do later than this.
  if (sent === 0) return { move: 'stay' };
  return {
    move: 'roll-back',
    code: 'canary_probes_failed',
    sentence: `${sentence}; ${failed} of the canary's ${sent} probes failed`,
  };
}

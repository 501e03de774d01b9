import type { CanaryPolicy } from '../manifest/manifest.ts';
import type { Decision, DecisionCode } from './decision.ts';
import { everyProbePassed } from './decide.ts';
import { isRatherWorse } from './error-test.ts';
import { counted, grouped } from './figures.ts';

/** What a rollout does after a look. `sentence` says why, for people. */
export type Move =
  | { readonly move: 'stay' }
  | { readonly move: 'step'; readonly sentence: string }
  | { readonly move: 'promote'; readonly sentence: string; readonly evidence: 'strong' | 'weak' }
  | { readonly move: 'hold'; readonly code: 'little_traffic'; readonly sentence: string }
  | { readonly move: 'roll-back'; readonly code: DecisionCode; readonly sentence: string };

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

/** Too few requests came: what the policy says, but nothing that failed is promoted. */
function withoutData({ sentence, evidence }: Decision, policy: CanaryPolicy): Move {
  const { canary, stable } = evidence;
  if (policy.onNoData === 'hold') return { move: 'hold', code: 'little_traffic', sentence };
  if (policy.onNoData === 'rollback') return { move: 'roll-back', code: 'little_traffic', sentence };
  if (isRatherWorse(canary, stable, policy.maxErrorRate)) {
    const all = `${grouped(canary.errors)} of ${counted(canary.requests, 'request')}`;
    return {
      move: 'roll-back',
      code: 'canary_worse',
      sentence: `${all} failed on the canary, and too few come to tell more`,
    };
  }
  if (everyProbePassed(evidence)) return { move: 'promote', sentence, evidence: 'weak' };
  const { sent, failed } = canary.probes;
  // The router has sent none yet, which it can only do later than this.
  if (sent === 0) return { move: 'stay' };
  const probes = `${grouped(failed)} of ${counted(sent, 'probe')}`;
  return {
    move: 'roll-back',
    code: 'canary_probes_failed',
    sentence: `${sentence}; ${probes} failed on the canary`,
  };
}

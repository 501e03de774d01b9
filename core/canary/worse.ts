import type { CanaryPolicy } from '../manifest/manifest.ts';
import type { DecisionCode, Evidence } from './decision.ts';
import { type Failures, isClearlyWorse } from './error-test.ts';
import { counted, grouped, percent } from './figures.ts';
import { type BothSides, failuresOf, type Samples, type SideSample } from './samples.ts';

export interface Worse {
  readonly code: DecisionCode;
  readonly sentence: string;
  readonly over: Evidence['over'];
}

/** What does not wait for the end of a step, nor for fresh numbers. */
export function whatIsWorse({ rollout, step }: Samples, policy: CanaryPolicy): Worse | undefined {
  const crash = crashed(rollout);
  if (crash !== undefined) return { code: 'canary_crashed', sentence: crash, over: 'rollout' };
  // Over the step too: errors that only come with more traffic must not drown in what was good before.
  for (const [over, sides] of [
    ['rollout', rollout],
    ['step', step],
  ] as const) {
    if (isClearlyWorse(failuresOf(sides.canary), failuresOf(sides.stable), policy.maxErrorRate)) {
      return { code: 'canary_worse', sentence: failedRequests(sides), over };
    }
  }
  const [ours, theirs] = [probeFailures(rollout.canary), probeFailures(rollout.stable)];
  if (isClearlyWorse(ours, theirs, policy.maxErrorRate)) {
    return { code: 'canary_probes_failed', sentence: bothFailed(ours, theirs, 'probe'), over: 'rollout' };
  }
  return undefined;
}

/**
 * Replicas of the canary ended by themselves more often than stable's; an engine that starts again ends those of both.
 * @returns the sentence when they did
 */
export function crashed({ canary, stable }: BothSides): string | undefined {
  if (canary.restarts <= stable.restarts) return undefined;
  const also = stable.restarts === 0 ? '' : `, stable ${times(stable.restarts)}`;
  return `the canary ended by itself ${times(canary.restarts)}${also}`;
}

/** `3 of 9 requests (33 %) failed on the canary, none of 171 on stable` */
export function failedRequests({ canary, stable }: BothSides): string {
  return bothFailed(failuresOf(canary), failuresOf(stable), 'request');
}

/** @param what has become of those that are counted as errors */
export function bothFailed(canary: Failures, stable: Failures, noun: string, what = 'failed'): string {
  const ours = shareOf(canary, counted(canary.requests, noun));
  return `${ours} ${what} on the canary, ${shareOf(stable, grouped(stable.requests))} on stable`;
}

function shareOf({ requests, errors }: Failures, all: string): string {
  return errors === 0 ? `none of ${all}` : `${grouped(errors)} of ${all} (${percent(errors / requests)})`;
}

function probeFailures({ probes }: SideSample): Failures {
  return { requests: probes.sent, errors: probes.failed };
}

function times(count: number): string {
  return count === 1 ? 'once' : counted(count, 'time');
}

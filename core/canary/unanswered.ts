import { FULL_WEIGHT } from '../rollout.ts';
import { type Failures, isClearlyWorse } from './error-test.ts';
import { counted, grouped } from './figures.ts';
import { latencyQuantile, latencySamples } from './latency.ts';
import type { BothSides, Samples, SideSample } from './samples.ts';
import { bothFailed } from './worse.ts';

/** Fewer answers than this that should have come say nothing. */
const FEWEST_EXPECTED = 5;
/** Requests that take long are answered later; more than half of them missing is another thing. */
const MISSING = 0.5;
/** By so much more of its requests than of stable's: answers that are only slower are no such share. */
const HANGING = 0.2;
/** Answers that are slow to come, such as those that clients wait for on purpose, have had their time after so long. */
const LEAST_SECONDS = 30;
const TIMES_SLOWEST = 4;

/**
 * Whether the canary leaves requests without an answer. A request is counted when it ends, so one that hangs is in no
 * number until the router gives it up; but the router splits exactly, so stable's answers tell how many the canary
 * should have given by now. Measured answers must be missing too: those are measured at their first byte, and leave out
 * connections that are open on purpose.
 * @param weight the canary's share, in parts of 10,000
 * @returns the sentence when it does
 */
export function unanswered({ canary, stable }: BothSides, weight: number): string | undefined {
  if (weight >= FULL_WEIGHT) return undefined;
  const expected = (answers: number): number => (answers * weight) / (FULL_WEIGHT - weight);
  const measured = expected(latencySamples(stable.latency));
  const requests = expected(stable.requests);
  if (measured < FEWEST_EXPECTED || latencySamples(canary.latency) >= measured * MISSING) return undefined;
  // What reached no replica is known to have gone another way than to hang.
  if (canary.requests + (canary.unreached ?? 0) >= requests * MISSING) return undefined;
  return `the canary has answered ${grouped(canary.requests)} of about ${counted(Math.round(requests), 'request')} that it was given`;
}

/**
 * Whether clearly more of the canary's requests than of stable's have not even begun to be answered: those that are open,
 * and those that their clients gave up, which are no errors. What takes long on both sides, or stays open on purpose, is
 * in both shares. What was open before this step is so, too, and makes stable's share the larger one, never the canary's.
 * Streams are not measured, so a release that brings streams of its own seems to hang on those.
 *
 * Over this step, as what hangs on both sides may do so at one step more than at another; and over the rollout, as the
 * first seconds of a step are not measured, and of the canary's first ones stable's are not known.
 * @returns the sentence, over the rollout, when it does
 */
export function hanging({
  step,
  rollout,
  open,
}: Pick<Samples, 'step' | 'rollout' | 'open'>): string | undefined {
  const [now, all] = [waitingOf(step, open), waitingOf(rollout, open)];
  if (![now, all].every(({ canary, stable }) => isClearlyWorse(canary, stable, HANGING))) return undefined;
  return bothFailed(all.canary, all.stable, 'request', 'got no answer');
}

function waitingOf(sides: BothSides, open: Samples['open']): { canary: Failures; stable: Failures } {
  return { canary: waiting(sides.canary, open.canary), stable: waiting(sides.stable, open.stable) };
}

/** What failed is counted as such, and so as answered. */
function waiting(side: SideSample, open: number): Failures {
  const requests = side.requests + open;
  const answered = latencySamples(side.latency) + side.errors5xx + side.aborts;
  return { requests, errors: Math.max(0, requests - answered) };
}

/** Seconds of a step after which half of its answers must be there, by how slow stable's are. */
export function timeToAnswer(stable: SideSample): number {
  const slowest = latencyQuantile(stable.latency, 0.95) ?? 0;
  return Math.max(LEAST_SECONDS, (TIMES_SLOWEST * slowest) / 1_000);
}

import { FULL_WEIGHT } from '../rollout.ts';
import { counted, grouped } from './figures.ts';
import { latencyQuantile, latencySamples } from './latency.ts';
import type { BothSides, SideSample } from './samples.ts';

/** Fewer answers than this that should have come say nothing. */
const FEWEST_EXPECTED = 5;
/** Requests that take long are answered later; more than half of them missing is another thing. */
const MISSING = 0.5;
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
  if (canary.requests >= requests * MISSING) return undefined;
  return `the canary has answered ${grouped(canary.requests)} of about ${counted(Math.round(requests), 'request')} that it was given`;
}

/** Seconds of a step after which half of its answers must be there, by how slow stable's are. */
export function timeToAnswer(stable: SideSample): number {
  const slowest = latencyQuantile(stable.latency, 0.95) ?? 0;
  return Math.max(LEAST_SECONDS, (TIMES_SLOWEST * slowest) / 1_000);
}

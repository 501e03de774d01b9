import { grouped } from './figures.ts';
import { latencyQuantile, latencySamples, slowerThan } from './latency.ts';
import type { BothSides } from './samples.ts';
import { wilson } from './wilson.ts';

/** Latency is compared from this many measured answers of each side on. */
const FEWEST_ANSWERS = 50;
/** The quantile that is compared. */
const MOST = 0.95;
/** 95 %, one-sided: for the one look at the end of each step. */
const Z = 1.64;
/** What nobody notices, in milliseconds: a limit is at least so far above stable's. Twice nothing is still nothing. */
const NOTICED_MS = 10;
/** Buckets of latency are up to 1.46 apart; a limit that is finer would set equal sides apart by where a bound lies. */
const FINEST_RATIO = 1.46;

/**
 * Whether the canary is clearly slower: by its answers that took longer than stable's 95th percentile allows, and not by
 * the canary's own, which is the third slowest of 50 answers and jumps from look to look.
 * @param ratio of the 95th percentiles that the policy allows; finer than 1.46 is taken for 1.46
 * @returns the sentence when it is
 */
export function slower({ canary, stable }: BothSides, ratio: number): string | undefined {
  const answers = latencySamples(canary.latency);
  if (answers < FEWEST_ANSWERS || latencySamples(stable.latency) < FEWEST_ANSWERS) return undefined;
  const theirs = latencyQuantile(stable.latency, MOST) as number;
  const limit = Math.max(theirs * Math.max(ratio, FINEST_RATIO), theirs + NOTICED_MS);
  if (wilson(slowerThan(canary.latency, limit), answers, Z).low <= 1 - MOST) return undefined;
  const ours = latencyQuantile(canary.latency, MOST) as number;
  return `95 % of answers came within ${milliseconds(ours)} on the canary, within ${milliseconds(theirs)} on stable; the limit is ${milliseconds(limit)}`;
}

function milliseconds(ms: number): string {
  return `${grouped(Math.max(1, ms))} ms`;
}

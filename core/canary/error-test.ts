import { wilson } from './wilson.ts';

/**
 * Whether errors of the canary are more than stable's, by a plain comparison: the lower end of Newcombe's interval of the
 * difference of two shares, made of the Wilson intervals of each (R. G. Newcombe, "Interval estimation for the difference
 * between independent proportions", 1998, method 10), must be above what the policy tolerates. So few requests on either
 * side say little.
 */

/** One side's requests, and how many of them failed. */
export interface Failures {
  readonly requests: number;
  readonly errors: number;
}

/**
 * 99.9 %, as it is looked at each second and the error budget is not corrected for that: of canaries that are as good as
 * stable less than 1 in 100 are taken back, as test/unit/canary/error-test.test.ts holds.
 */
const CLEARLY = 3.29;
/** 80 %, for one look at the end, when nothing more is to come. */
const RATHER = 1.28;
/** Fewer failed requests than this are no clear evidence, whatever their share. */
const FEWEST_ERRORS = 3;

/**
 * Clearly worse, however often it is asked.
 * @param tolerated share of 0 to 1 that the canary may be worse by
 */
export function isClearlyWorse(canary: Failures, stable: Failures, tolerated: number): boolean {
  return canary.errors >= FEWEST_ERRORS && excess(canary, stable, CLEARLY) > tolerated;
}

/** Too few requests for more than a suspicion. To be asked once. */
export function isRatherWorse(canary: Failures, stable: Failures, tolerated: number): boolean {
  return canary.errors > 0 && excess(canary, stable, RATHER) > tolerated;
}

/**
 * The smallest excess of the canary's error share over stable's that `isClearlyWorse` would have seen with so many
 * requests.
 * @returns 0 to 1, undefined when even all of them failing would not have been enough
 */
export function smallestExcess(
  canaryRequests: number,
  stable: Failures,
  tolerated: number,
): number | undefined {
  let low = FEWEST_ERRORS;
  let high = canaryRequests + 1;
  while (low < high) {
    const errors = Math.floor((low + high) / 2);
    if (isClearlyWorse({ requests: canaryRequests, errors }, stable, tolerated)) high = errors;
    else low = errors + 1;
  }
  if (low > canaryRequests) return undefined;
  return low / canaryRequests - stable.errors / Math.max(1, stable.requests);
}

/** The least that the canary's share is above stable's by, -1 to 1. */
function excess(canary: Failures, stable: Failures, z: number): number {
  // A live release that nobody asked anything is taken to answer: with nothing to compare, nothing would ever be worse.
  const asked = Math.max(1, stable.requests);
  const ours = canary.errors / canary.requests;
  const theirs = stable.errors / asked;
  const down = ours - wilson(canary.errors, canary.requests, z).low;
  const up = wilson(stable.errors, asked, z).high - theirs;
  return ours - theirs - Math.hypot(down, up);
}

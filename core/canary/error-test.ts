/**
 * Whether errors of the canary are clearly more than stable's, by a plain comparison: the lower end of the Wilson score
 * interval (E. B. Wilson, 1927; z = 2.58, 99 % two-sided) of the canary's share must be above stable's share plus what
 * the policy tolerates. It is looked at each second and its error budget is not corrected for that, so a few requests
 * alone never fail a canary.
 */
const Z = 2.58;
/** Fewer failed requests than this are no evidence, whatever their share. */
const FEWEST_ERRORS = 3;

/** @param tolerated share of 0 to 1 that the canary may be worse by */
export function isClearlyWorse(
  canary: { requests: number; errors: number },
  stable: { requests: number; errors: number },
  tolerated: number,
): boolean {
  if (canary.errors < FEWEST_ERRORS) return false;
  return lowerShare(canary.errors, canary.requests) > share(stable.errors, stable.requests) + tolerated;
}

/**
 * The smallest excess of the canary's error share over stable's that `isClearlyWorse` would have seen with so many
 * requests.
 * @returns 0 to 1, undefined when even all of them failing would not have been enough
 */
export function smallestExcess(
  canaryRequests: number,
  stable: { requests: number; errors: number },
  tolerated: number,
): number | undefined {
  let low = FEWEST_ERRORS;
  let high = canaryRequests + 1;
  while (low < high) {
    const errors = (low + high) >> 1;
    if (isClearlyWorse({ requests: canaryRequests, errors }, stable, tolerated)) high = errors;
    else low = errors + 1;
  }
  if (low > canaryRequests) return undefined;
  return Math.max(0, low / canaryRequests - share(stable.errors, stable.requests));
}

function share(errors: number, requests: number): number {
  return requests === 0 ? 0 : errors / requests;
}

/** Lower end of the Wilson score interval, 0 to 1. */
function lowerShare(errors: number, requests: number): number {
  const p = errors / requests;
  const square = (Z * Z) / requests;
  return (p + square / 2 - Z * Math.sqrt((p * (1 - p)) / requests + square / (4 * requests))) / (1 + square);
}

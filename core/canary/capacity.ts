import { FULL_WEIGHT } from '../rollout.ts';

/**
 * Replicas that a share of the traffic needs, so that each of the canary's replicas gets no more than one of stable's.
 * @param weight parts of 10,000
 * @param full replicas for all traffic
 * @returns 1 to `full`; 0 only when `full` is 0
 */
export function replicasFor(weight: number, full: number): number {
  if (full === 0) return 0;
  return Math.min(full, Math.max(1, Math.ceil((full * weight) / FULL_WEIGHT)));
}

/** The weight of a step, in parts of 10,000. */
export function weightOf(stepPercent: number): number {
  return Math.round((stepPercent * FULL_WEIGHT) / 100);
}

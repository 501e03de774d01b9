import type { RolloutRow } from '../store/rollouts.ts';
import type { ControllerDeps } from './deps.ts';

/**
 * Whether a rollout may still go on by itself. A look takes a while, as it waits for the engine; what a person said
 * meanwhile holds, and the next look begins with it.
 * @param seen as the look began with it
 */
export function goesOn({ store }: Pick<ControllerDeps, 'store'>, seen: RolloutRow): boolean {
  const { paused_by: pausedBy, held, plan } = store.rollouts.require(seen.id);
  const planned = (plan.canary === false) === (seen.plan.canary === false);
  return pausedBy === null && held === null && planned;
}

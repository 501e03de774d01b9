import type { RolloutDetail } from '../../core/contracts/resources.ts';
import { rolloutHasEnded } from '../../core/rollout.ts';
import type { Context } from '../context.ts';
import { typeNext } from '../hints.ts';
import { stateWords } from '../render/rollout.ts';
import { watch } from './watch.ts';

export interface RolloutOf {
  readonly app: string;
  readonly number: number;
}

/**
 * Shows each look at a rollout until it has ended.
 * @throws Failure (130) when Ctrl-C ends the watching; the rollout goes on
 */
export async function watchRollout(
  context: Context,
  rollout: RolloutOf,
  show: (seen: RolloutDetail) => void | Promise<void>,
): Promise<RolloutDetail> {
  const api = await context.api();
  const name = `v${rollout.number}`;
  return watch(context, {
    look: () => api.call('getRollout', { params: rollout }),
    hasEnded: ({ state }) => rolloutHasEnded(state),
    show,
    waiting: (seen) => (seen === undefined ? `Waiting for ${name}` : `${name}: ${stateWords(seen)}`),
    goesOn: { what: name, again: typeNext(context, `rollouts:show ${name} -f`) },
  });
}

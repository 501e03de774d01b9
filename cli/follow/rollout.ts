import type { RolloutDetail } from '../../core/contracts/resources.ts';
import { rolloutHasEnded } from '../../core/rollout.ts';
import type { Api } from '../api/client.ts';
import type { Context } from '../context.ts';
import { Exit, Failure } from '../failure.ts';
import { typeNext } from '../hints.ts';
import { stateWords } from '../render/rollout.ts';
import { lostConnection } from './build-log.ts';
import { PATIENCE, Retries, type Patience } from './patience.ts';

export interface RolloutOf {
  readonly app: string;
  readonly number: number;
}

/** Between two looks at a rollout, in milliseconds: quick at first, for those that walk no steps. */
const LOOK: Patience = { waits: [100, 200, 300, 500, 1_000], total: Number.POSITIVE_INFINITY };

/**
 * Shows each look at a rollout until it has ended.
 * @throws Failure (130) when Ctrl-C ends the watching; the rollout goes on
 */
export async function watchRollout(
  context: Context,
  rollout: RolloutOf,
  show: (seen: RolloutDetail) => void | Promise<void>,
): Promise<RolloutDetail> {
  const interrupt = new AbortController();
  const release = context.terminal.onInterrupt(() => interrupt.abort());
  try {
    const api = await context.api();
    let state = 'waiting for its state';
    return await context.waiting(
      () => `v${rollout.number}: ${state}`,
      async () => {
        for await (const seen of looks(api, rollout, PATIENCE, interrupt.signal)) {
          state = stateWords(seen);
          await show(seen);
          if (rolloutHasEnded(seen.state)) return seen;
        }
        throw stoppedWatching(context, rollout);
      },
    );
  } finally {
    release();
  }
}

/** A lost connection is tried again as long as patience lasts. Ends when the signal says so. */
async function* looks(
  api: Api,
  rollout: RolloutOf,
  patience: Patience,
  signal: AbortSignal,
): AsyncGenerator<RolloutDetail> {
  const pauses = new Retries(LOOK);
  const retries = new Retries(patience);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => stop(undefined), { once: true });
  while (!signal.aborted) {
    try {
      const seen = await Promise.race([api.call('getRollout', { params: rollout }), stopped]);
      if (seen === undefined) return;
      retries.wentWell();
      yield seen;
      await Promise.race([pauses.wait(), stopped]);
    } catch (error) {
      // Ctrl-C reaches our ssh, too, and the connection goes with it.
      if (signal.aborted) return;
      const lost = lostConnection(error);
      if (!(await Promise.race([retries.wait(), stopped]))) throw lost;
    }
  }
}

function stoppedWatching(context: Context, { number }: RolloutOf): Failure {
  return new Failure(Exit.interrupted, {
    code: 'stopped_watching',
    message: `Only the watching has ended: v${number} goes on`,
    hint: `Look again: ${typeNext(context, `rollouts:show v${number} -f`)}`,
  });
}

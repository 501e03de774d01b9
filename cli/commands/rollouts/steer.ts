import type { Rollout } from '../../../core/contracts/resources.ts';
import type { Context } from '../../context.ts';
import { openRollout } from './which.ts';

/** Asks for one thing to be done to the rollout that was named, else to the one under way, and prints what came of it. */
export async function steer(
  context: Context,
  route: 'pauseRollout' | 'resumeRollout' | 'promoteRollout' | 'abortRollout',
  release: number | undefined,
  print: (rollout: Rollout) => void,
): Promise<void> {
  const app = await context.app();
  const number = await openRollout(context, app, release);
  const rollout = await (await context.api()).call(route, { params: { app, number } });
  context.out.show(rollout, () => print(rollout));
}

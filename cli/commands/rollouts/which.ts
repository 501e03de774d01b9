import type { Rollout } from '../../../core/contracts/resources.ts';
import { rolloutHasEnded } from '../../../core/rollout.ts';
import type { Context } from '../../context.ts';
import { failed } from '../../failure.ts';
import { typeNext } from '../../hints.ts';

/** An older one can still be taking over the traffic when the newest has ended already; many cannot. */
const NEWEST = 10;

/** The release that was named, else the newest whose rollout is under way. @throws Failure when there is none */
export async function openRollout(
  context: Context,
  app: string,
  release: number | undefined,
): Promise<number> {
  if (release !== undefined) return release;
  const open = firstOpen(await newest(context, app));
  if (open) return open.release;
  throw failed(
    'no_rollout_under_way',
    `${app} has no rollout under way`,
    `Type: ${typeNext(context, 'rollouts')}`,
  );
}

/** The same; where none is under way, the newest. @throws Failure when there has been none */
export async function openOrNewestRollout(
  context: Context,
  app: string,
  release: number | undefined,
): Promise<number> {
  if (release !== undefined) return release;
  const rollouts = await newest(context, app);
  const found = firstOpen(rollouts) ?? rollouts[0];
  if (found) return found.release;
  throw failed('no_rollouts', `${app} has no rollouts yet`, 'Type: git push platform main');
}

async function newest(context: Context, app: string): Promise<Rollout[]> {
  const api = await context.api();
  return (await api.call('listRollouts', { params: { app }, query: { limit: NEWEST } })).items;
}

function firstOpen(rollouts: readonly Rollout[]): Rollout | undefined {
  return rollouts.find(({ state }) => !rolloutHasEnded(state));
}

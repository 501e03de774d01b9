import type { Context } from '../../context.ts';
import { failed } from '../../failure.ts';

/** The build that was named, else the app's newest. @throws Failure when it has none */
export async function buildOrNewest(
  context: Context,
  app: string,
  number: number | undefined,
): Promise<number> {
  if (number !== undefined) return number;
  const { items } = await (await context.api()).call('listBuilds', { params: { app }, query: { limit: 1 } });
  const [newest] = items;
  if (newest === undefined)
    throw failed('no_builds', `${app} has no builds yet`, 'Type: git push platform main');
  return newest.number;
}

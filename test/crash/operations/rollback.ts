import type { DeployedApp, PastRelease } from '../deployed-app.ts';
import { commitOf, isLive, pushUntil, sluiceUntil } from '../pushing.ts';
import type { World } from '../world.ts';
import type { Operation } from './operation.ts';

export const rollback: Operation = {
  name: 'rollback',
  places: ['rollback under way', 'retiring'],
  prepare: twoReleases,
  async carryOut(world, app) {
    const to = target(app);
    await rollBackTo(world, app, to);
    await goBackTo(world, app, to);
  },
};

/** Whose line broke after the rollback was taken, and who asks again when it is done, is told that it is. */
export async function rollBackTo(world: World, app: DeployedApp, { release }: PastRelease): Promise<string> {
  return sluiceUntil(
    world,
    ['rollback', `v${release}`, '-a', app.name],
    ({ code, output }) =>
      code === 0 || output.includes(`which is live, has the image and the config of v${release}`),
  );
}

/** An app that was made anew has nothing to go back to yet. */
export async function twoReleases(world: World): Promise<void> {
  const { shop } = world;
  if (shop.past.some(({ commit }) => commit !== shop.wish.commit)) return;
  await keepPast(world, shop);
  const wish = await commitOf(world, shop, { passes: true });
  await pushUntil(world, shop, wish.commit, isLive);
  shop.wish = wish;
}

/** The newest release of another commit than the live one: its image is kept. */
export function target(app: DeployedApp): PastRelease {
  const found = app.past.findLast(({ commit }) => commit !== app.wish.commit);
  if (!found) throw new Error(`${app.name} has nothing to go back to`);
  return found;
}

/** What must be true after a rollback; the next commit goes on from there. */
export async function goBackTo(world: World, app: DeployedApp, to: PastRelease): Promise<void> {
  app.wish = { commit: to.commit, token: to.token };
  app.config = to.config;
  await world.platform.git(app.path, ['reset', '-q', '--hard', to.commit]);
}

/** Notes what is live now as something to go back to. */
export async function keepPast(world: World, app: DeployedApp): Promise<void> {
  const { live } = (await world.platform.api(`/v1/apps/${app.id}`)) as { live: { release: number } };
  if (app.past.at(-1)?.release === live.release) return;
  const { commit, token } = app.wish;
  app.past.push({ commit, token, release: live.release, config: app.config });
}

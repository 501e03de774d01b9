import type { DeployedApp } from './deployed-app.ts';
import { commitOf, isLive, pushUntil, sluiceUntil } from './pushing.ts';
import { newSecret } from './secret.ts';
import type { World } from './world.ts';

export function newApp(name: string): DeployedApp {
  return { name, id: '', path: '', wish: { commit: '', token: '' }, config: {}, past: [] };
}

/** Makes an app with a secret and a first release; again under the same name after it was destroyed. */
export async function createApp(world: World, app: DeployedApp): Promise<void> {
  const old = app.id;
  await sluiceUntil(
    world,
    ['apps:create', app.name, '--json'],
    ({ code, output }) => code === 0 || output.includes('app_exists'),
  );
  app.id = await idOf(world, app.name);
  if (app.id === old) throw new Error(`${app.name} was destroyed and has come back as it was`);
  app.past = [];
  app.config = {};
  app.path = await world.platform.repository(app.name, { first: `${app.id}\n` });
  const SECRET = newSecret(world, app);
  await sluiceUntil(world, ['config:set', '-a', app.name, `SECRET=${SECRET}`]);
  app.config = { SECRET };
  const wish = await commitOf(world, app, { passes: true });
  await pushUntil(world, app, wish.commit, isLive);
  app.wish = wish;
  await world.visitors.answered();
  world.record.visited(world.visitors.take());
  world.record.forgetVisits(`${app.name}.localhost`);
}

async function idOf(world: World, name: string): Promise<string> {
  let id = '';
  await sluiceUntil(world, ['apps:info', '-a', name, '--json'], ({ code, output }) => {
    if (code !== 0) return false;
    ({ id } = JSON.parse(output) as { id: string });
    return true;
  });
  return id;
}

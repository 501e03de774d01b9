import type { AppKind } from '../app-files.ts';
import { createApp } from '../create-app.ts';
import type { DeployedApp } from '../deployed-app.ts';
import type { Sight } from '../journal-watch.ts';
import type { PlaceName } from '../places.ts';
import { commitOf, pushOnce, sluiceUntil } from '../pushing.ts';
import { untilSeen } from '../until-seen.ts';
import type { World } from '../world.ts';
import type { Operation } from './operation.ts';

/** The app goes, and another one of that name comes, which must have nothing of the first. */
async function destroyAndMakeAgain(world: World, app: DeployedApp): Promise<void> {
  await sluiceUntil(
    world,
    ['apps:destroy', app.name, '--confirm', app.name],
    ({ code, output }) => code === 0 || output.includes(`there is no app "${app.name}"`),
  );
  await createApp(world, app);
}

export const deletion: Operation = {
  name: 'deletion',
  places: ['deletion under way'],
  excuses: () => true,
  carryOut: async (world, app) => destroyAndMakeAgain(world, app),
};

/** Somebody deletes the app while it is worked on. */
function during(
  name: string,
  kind: AppKind,
  places: readonly PlaceName[],
  isSo: (sight: Sight) => boolean,
): Operation {
  return {
    name,
    places: [...places, 'deletion under way'],
    excuses: () => true,
    async carryOut(world, app) {
      const { commit } = await commitOf(world, app, kind);
      const push = pushOnce(world, app, commit);
      await untilSeen(world, push, name, isSo);
      await destroyAndMakeAgain(world, app);
      await push;
    },
  };
}

export const deletionDuringBuild = during(
  'deletion during a build',
  { passes: true },
  ['testing'],
  ({ builds }) => builds.some(({ state }) => state === 'testing'),
);

export const deletionDuringCanary = during(
  'deletion during a canary',
  { passes: true, canary: 'well' },
  ['canary step 1'],
  ({ rollouts }) => rollouts.some(({ state }) => state === 'canary'),
);

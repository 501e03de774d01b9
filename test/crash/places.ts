import type { Sight } from './journal-watch.ts';

/** Where a fault can strike, told by what can be seen from outside at that moment. */
export const PLACES = {
  receiving: (sight: Sight) => sight.receiving,
  queued: ({ builds }: Sight) => builds.some(({ state }) => state === 'queued'),
  testing: ({ builds }: Sight) => builds.some(({ state }) => state === 'testing'),
  building: ({ builds }: Sight) => builds.some(({ state }) => state === 'building'),
  'release phase': ({ rollouts }: Sight) => rollouts.some(({ phase }) => phase === 'running'),
  starting: ({ rollouts }: Sight) =>
    rollouts.some(
      ({ state, source, phase }) => state === 'starting' && source === 'build' && phase !== 'running',
    ),
  'canary step 1': ({ rollouts }: Sight) =>
    rollouts.some(({ state, step, weight }) => state === 'canary' && step === 0 && weight > 0),
  'canary step 2': ({ rollouts }: Sight) =>
    rollouts.some(({ state, step, weight }) => state === 'canary' && step === 1 && weight > 0),
  promoting: ({ rollouts }: Sight) =>
    rollouts.some(({ state, source }) => state === 'promoting' && source !== 'rollback'),
  retiring: ({ retiring }: Sight) => retiring > 0,
  'config release starting': ({ rollouts }: Sight) =>
    rollouts.some(({ state, source }) => state === 'starting' && source === 'config'),
  'rollback under way': ({ rollouts }: Sight) => rollouts.some(({ source }) => source === 'rollback'),
  'deletion under way': ({ destroyed }: Sight) => destroyed,
  'at rest': ({ builds, rollouts, retiring, destroyed }: Sight) =>
    builds.length === 0 && rollouts.length === 0 && retiring === 0 && !destroyed,
} satisfies { [name: string]: (sight: Sight) => boolean };

export type PlaceName = keyof typeof PLACES;
export const PLACE_NAMES = Object.keys(PLACES) as PlaceName[];

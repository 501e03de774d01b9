import type { PlaceName } from './places.ts';
import type { World } from './world.ts';

/** Who would leave a place in no time is held there by a signal until the fault strikes, as by a busy machine or line. */
interface Hold {
  /** Before the operation begins, as the place would hardly be seen at all; else as soon as it is seen. */
  readonly early: boolean;
  readonly signal: (world: World, signal: 'SIGSTOP' | 'SIGCONT') => void;
}

const HOLDS: { readonly [name in PlaceName]?: Hold } = {
  receiving: { early: false, signal: (world, signal) => world.pusher?.signal(signal) },
  queued: { early: true, signal: (world, signal) => world.signal('builder', signal) },
};

/** These the server leaves within milliseconds: the fault strikes as soon as they are seen. */
const BRIEF: ReadonlySet<PlaceName> = new Set(['promoting', 'deletion under way']);

export function holdEarly(world: World, place: PlaceName): void {
  if (HOLDS[place]?.early === true) HOLDS[place].signal(world, 'SIGSTOP');
}

export function hold(world: World, place: PlaceName): void {
  HOLDS[place]?.signal(world, 'SIGSTOP');
}

export function letGo(world: World, place: PlaceName): void {
  HOLDS[place]?.signal(world, 'SIGCONT');
}

export function isBrief(place: PlaceName): boolean {
  return BRIEF.has(place);
}

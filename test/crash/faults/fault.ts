import type { Operation } from '../operations/operation.ts';
import type { PlaceName } from '../places.ts';
import type { World } from '../world.ts';

/** One thing that goes wrong. Each run strikes it once and mends it. */
export interface Fault {
  readonly name: string;
  /** Whether it stands between visitors and apps, so that requests may fail until all has settled. */
  readonly harmsVisitors: boolean;
  /** Whether going back needs nothing of what it strikes, so that it must work at the first try in the whole run. */
  readonly sparesRollbacks?: boolean;
  /** From strike to mend, in milliseconds: at least, at most. */
  readonly lastsMs: readonly [least: number, most: number];
  /** Where alone it makes sense; absent: anywhere. */
  suits?(operation: Operation, place: PlaceName | undefined): boolean;
  /** @throws Error when it has not happened: a fault that does not strike proves nothing */
  strike(world: World): Promise<void>;
  mend(world: World): Promise<void>;
}

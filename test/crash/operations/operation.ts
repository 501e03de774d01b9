import type { DeployedApp } from '../deployed-app.ts';
import type { PlaceName } from '../places.ts';
import type { World } from '../world.ts';

/** Something that people ask of the platform, and go on asking until they have it. */
export interface Operation {
  readonly name: string;
  /** Through which it passes, so that a fault may wait for them. */
  readonly places: readonly PlaceName[];
  /** Failures that visitors of its app see even when nothing is struck, such as those of an app that is destroyed. */
  excuses?(failure: string): boolean;
  /** What has to be there before it begins. */
  prepare?(world: World): Promise<void>;
  /** Ends when it has come as it should. @param number the run's, for names; @param place where it will be struck */
  carryOut(world: World, app: DeployedApp, number: number, place: PlaceName | undefined): Promise<void>;
}

import { eventually } from '../../support/eventually.ts';
import type { World } from '../world.ts';
import type { Fault } from './fault.ts';

const HOUR_S = 3_600;

/** The time of day of every part jumps, and jumps back. */
function jump(name: string, seconds: number): Fault {
  return {
    name,
    harmsVisitors: false,
    sparesRollbacks: true,
    lastsMs: [1_500, 5_000],
    strike: async (world) => moved(world, seconds),
    mend: async (world) => moved(world, 0),
  };
}

export const clockForward = jump('clock an hour forward', HOUR_S);
export const clockBack = jump('clock an hour back', -HOUR_S);

async function moved(world: World, seconds: number): Promise<void> {
  await world.clock.set(seconds);
  await eventually('the server lives in the other time', async () => {
    const off = (await world.platform.serverTime()) - Date.now() / 1_000;
    return Math.abs(off - seconds) < 60;
  });
}

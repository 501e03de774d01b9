import { setTimeout as pause } from 'node:timers/promises';
import type { Sight } from './journal-watch.ts';
import type { World } from './world.ts';

const EVERY_MS = 5;

/** Until the app is seen so, or the push has ended: whatever strikes, it may end before. */
export async function untilSeen(
  world: World,
  push: Promise<unknown>,
  what: string,
  isSo: (sight: Sight) => boolean,
): Promise<void> {
  let over = false;
  void push.finally(() => (over = true));
  while (!world.watch.look().some((sight) => sight.appId === world.shop.id && isSo(sight))) {
    if (over) return world.story.add(`the push ended before ${what} was seen`);
    await pause(EVERY_MS);
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { look } from '../support/invariants/look.ts';
import { violations } from '../support/invariants/violations.ts';
import { testSettings } from '../support/settings.ts';
import { type Drawn, titleOf } from './draw.ts';
import { keepPast } from './operations/rollback.ts';
import { PLACES, type PlaceName } from './places.ts';
import { Story } from './story.ts';
import type { Strike } from './table.ts';
import type { World } from './world.ts';

const READY_MS = 120_000;
const SETTLED_MS = 120_000;
const BETWEEN_LOOKS_MS = 250;
const WATCH_MS = 3;

/**
 * One run: an operation begins, its fault strikes where it was drawn to, is mended, and when the operation has come to
 * its end no invariant may be broken.
 * @throws Error with the whole story
 */
export async function carryOut(world: World, drawn: Drawn): Promise<Strike> {
  const { operation, fault } = drawn;
  const story = new Story(titleOf(drawn));
  world.story = story;
  try {
    world.excused = fault.harmsVisitors;
    await operation.prepare?.(world);
    await beginAnew(world);
    if (drawn.place === 'at rest') await strike(world, drawn, drawn.place);
    const ended = operation.carryOut(world, world.shop, drawn.number, drawn.place);
    let over = false;
    // Whatever it throws is thrown once the fault is mended.
    const settled = ended.then(
      () => (over = true),
      () => (over = true),
    );
    const place = await reach(world, drawn, () => over);
    if (drawn.place !== 'at rest') await strike(world, drawn, place);
    await pause(drawn.lastsMs);
    world.struck = undefined;
    await fault.mend(world);
    story.add('mended');
    await settled;
    await ended;
    story.add('the operation has come to its end');
    await world.platform.ready(READY_MS);
    await check(world, drawn);
    await keepPast(world, world.shop);
    story.add('no invariant is broken');
    if (testSettings.crashTell) console.log(story.text);
    return { fault: fault.name, place };
  } catch (error) {
    throw new Error(`${story.text}\n${wholeOf(error)}`, { cause: error });
  }
}

/** An error with what caused it. */
function wholeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${wholeOf(error.cause)}`;
}

async function strike(world: World, { fault }: Drawn, place: PlaceName | undefined): Promise<void> {
  world.story.add(`${fault.name} strikes: ${place ?? 'now'}`);
  world.struck = fault.name;
  await fault.strike(world);
}

async function beginAnew(world: World): Promise<void> {
  await world.visitors.answered();
  world.visitors.take();
  world.record.forgetVisits();
  world.watch.forget();
}

/** Waits for the drawn moment. @returns the place that was seen then; undefined when it was a moment by the clock */
async function reach(world: World, drawn: Drawn, over: () => boolean): Promise<PlaceName | undefined> {
  const { place } = drawn;
  if (place === undefined || place === 'at rest') {
    await pause(drawn.delayMs);
    return place;
  }
  // A queue is hardly seen while somebody waits for work.
  if (place === 'queued') world.signal('builder', 'SIGSTOP');
  const isThere = (): boolean =>
    world.watch.look().some((sight) => sight.appId === world.shop.id && PLACES[place](sight));
  while (!isThere() && !over()) await pause(WATCH_MS);
  const reached = !over() || isThere();
  if (reached) await pause(drawn.delayMs);
  world.signal('builder', 'SIGCONT');
  if (reached) return place;
  world.story.add(`it was over before "${place}" was seen`);
  return undefined;
}

/** Until no invariant is broken any more; what breaks one for ever ends the run. */
async function check(world: World, { operation, fault }: Drawn): Promise<void> {
  const excused = {
    all: fault.harmsVisitors,
    failure: (app: string, failure: string) =>
      app === world.shop.name && (operation.excuses?.(failure) ?? false),
  };
  let found: string[] = [];
  const deadline = performance.now() + SETTLED_MS;
  do {
    world.record.visited(world.visitors.take());
    const told = world.record.told([world.shop, world.calm], world.watch.seen, excused);
    found = await look(world.platform, told).then(violations, (error: unknown) => [
      `not looked at: ${String(error)}`,
    ]);
    if (found.length === 0) return;
    await pause(BETWEEN_LOOKS_MS);
  } while (performance.now() < deadline);
  throw new Error(`broken ${SETTLED_MS / 1_000} s later:\n${found.join('\n')}`);
}

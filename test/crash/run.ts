import { setTimeout as pause } from 'node:timers/promises';
import { look } from '../support/invariants/look.ts';
import { violations } from '../support/invariants/violations.ts';
import { testSettings } from '../support/settings.ts';
import { type Drawn, titleOf } from './draw.ts';
import { hold, holdEarly, isBrief, letGo } from './holds.ts';
import { goBackTo, keepPast, rollBackTo, target, twoReleases } from './operations/rollback.ts';
import { PLACES, type PlaceName } from './places.ts';
import { Story } from './story.ts';
import type { Strike } from './table.ts';
import type { World } from './world.ts';

const READY_MS = 120_000;
const SETTLED_MS = 120_000;
const BETWEEN_LOOKS_MS = 250;
const WATCH_MS = 1;
/** After so many runs the app that is worked on is rolled back when all has settled. */
const GO_BACK_EVERY = 10;

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
    world.sparesRollbacks = fault.sparesRollbacks === true ? fault.name : undefined;
    await operation.prepare?.(world);
    await beginAnew(world);
    if (drawn.place === 'at rest') await strike(world, drawn, drawn.place);
    else if (drawn.place !== undefined) holdEarly(world, drawn.place);
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
    await fault.mend(world);
    world.isStruck = false;
    story.add('mended');
    await settled;
    await ended;
    story.add('the operation has come to its end');
    await world.platform.ready(READY_MS);
    await check(world, excusesOf(world, drawn));
    await keepPast(world, world.shop);
    story.add('no invariant is broken');
    if (drawn.number % GO_BACK_EVERY === 0) await goBackAfter(world, drawn);
    if (testSettings.crashTell) console.log(story.text);
    return { fault: fault.name, place };
  } catch (error) {
    // Who stands still could not even be ended.
    if (world.isStruck) await fault.mend(world).catch(() => undefined);
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
  world.isStruck = true;
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
  const isThere = (): boolean =>
    world.watch.look().some((sight) => sight.appId === world.shop.id && PLACES[place](sight));
  try {
    // Where it is left while the fault waits, it may be come to again.
    for (let delayMs = isBrief(place) ? 0 : drawn.delayMs; ; delayMs = 0) {
      while (!isThere()) {
        if (over()) {
          world.story.add(`it was over before it was struck at "${place}"`);
          return undefined;
        }
        await pause(WATCH_MS);
      }
      hold(world, place);
      if (delayMs === 0) return place;
      await pause(delayMs);
      if (isThere()) return place;
      letGo(world, place);
    }
  } finally {
    letGo(world, place);
  }
}

interface Excuses {
  readonly all: boolean;
  readonly failure: (app: string, failure: string) => boolean;
}

function excusesOf(world: World, { operation, fault }: Drawn): Excuses {
  return {
    all: fault.harmsVisitors,
    failure: (app, failure) => app === world.shop.name && (operation.excuses?.(failure) ?? false),
  };
}

/** Whatever a run has left: going back is one command that works, and no visitor notices. */
async function goBackAfter(world: World, { fault }: Drawn): Promise<void> {
  world.excused = false;
  await twoReleases(world);
  await beginAnew(world);
  world.sparesRollbacks = `all settled after "${fault.name}"`;
  const to = target(world.shop);
  await rollBackTo(world, world.shop, to);
  await goBackTo(world, world.shop, to);
  await check(world, { all: false, failure: () => false });
  await keepPast(world, world.shop);
  world.story.add('it was rolled back, and no invariant is broken');
}

/** Until no invariant is broken any more; what breaks one for ever ends the run. */
async function check(world: World, excused: Excuses): Promise<void> {
  let found: string[] = [];
  const deadline = performance.now() + SETTLED_MS;
  do {
    world.record.visited(world.visitors.take());
    const told = world.record.told([world.shop, world.calm], world.watch.seen, excused);
    found = await look(world.platform, told).then(violations, (error: unknown) => [
      `not looked at: ${String(error)}`,
    ]);
    if (found.length === 0) return;
    world.story.add(`not settled: ${found.join('; ')}`);
    await pause(BETWEEN_LOOKS_MS);
  } while (performance.now() < deadline);
  throw new Error(`broken ${SETTLED_MS / 1_000} s later:\n${found.join('\n')}`);
}

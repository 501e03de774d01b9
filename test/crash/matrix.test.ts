import { afterAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { queuedJobs } from '../support/invariants/look/queue.ts';
import { testSettings } from '../support/settings.ts';
import { createApp, newApp } from './create-app.ts';
import { draw, type Drawn, titleOf } from './draw.ts';
import { diskFull } from './faults/disk-full.ts';
import { FAULTS } from './faults/index.ts';
import { keepEvidence } from './evidence.ts';
import { keepPast, rollback } from './operations/rollback.ts';
import { commitOf, isLive, pushUntil } from './pushing.ts';
import { carryOut } from './run.ts';
import { missing, type Strike, table } from './table.ts';
import { World } from './world.ts';

const RUN_MS = 900_000;
const QUEUE_MS = 120_000;
const LONG_ENOUGH_FOR_ROLLBACK_MS = 15_000;
/** From so many runs on every kind of place must have been reached. */
const ENOUGH_FOR_PLACES = 100;

const { crashSeed: seed, crashRuns: runs, crashOnly: only } = testSettings;
const drawn = draw(seed, Math.max(runs, only)).filter(({ number }) => only === 0 || number === only);
const strikes: Strike[] = [];
let world: World | undefined;

/** Two apps, and of the one that is worked on two releases, so that it can be rolled back. */
async function aWorld(): Promise<World> {
  if (world) return world;
  world = await World.start();
  world.shop = newApp('shop');
  world.calm = newApp('calm');
  await createApp(world, world.calm);
  await createApp(world, world.shop);
  await keepPast(world, world.shop);
  const wish = await commitOf(world, world.shop, { passes: true });
  await pushUntil(world, world.shop, wish.commit, isLive);
  world.shop.wish = wish;
  await keepPast(world, world.shop);
  world.openDoors();
  return world;
}

/** One run. After one that failed there is a new world: what it has broken must not be blamed on the next. */
async function carry(one: Drawn): Promise<void> {
  const its = await aWorld();
  const began = performance.now();
  try {
    const strike = await carryOut(its, one);
    strikes.push(strike);
    tell(one, began, strike.place === one.place ? '' : `: it was over before it was struck there`);
  } catch (error) {
    tell(one, began, ' FAILED');
    const kept = await keepEvidence(its, `${seed}-${one.number}`, String(error));
    world = undefined;
    await its.close().catch(() => undefined);
    throw new Error(
      `seed ${seed}; logs, journal and story are in ${kept}\nagain: ./scripts/test --crash --seed ${seed} --only ${one.number}\n${String(error)}`,
      { cause: error },
    );
  }
}

/** A line for a person who waits. */
function tell(one: Drawn, began: number, outcome: string): void {
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(`${seconds.padStart(6)} s  ${titleOf(one)}${outcome}`);
}

afterAll(async () => {
  await world?.close();
});

describe(`the kill matrix, seed ${seed}`, () => {
  test.each(drawn.map((one) => [titleOf(one), one] as const))(
    '%s',
    async (_title, one) => carry(one),
    RUN_MS,
  );

  // Left out, not skipped: a skipped test counts as failed.
  if (only > 0) return;

  test(
    'in the end: a rollback while the disk is full',
    async () =>
      carry({
        number: runs + 1,
        operation: rollback,
        fault: diskFull,
        place: 'at rest',
        delayMs: 0,
        lastsMs: LONG_ENOUGH_FOR_ROLLBACK_MS,
      }),
    RUN_MS,
  );

  test(
    'in the end: no message is left in the queue',
    async () => {
      // What a dead builder held is given to another after a while, which a run does not wait for.
      await eventually(
        'the queue is empty',
        async () => !world || (await queuedJobs(world.platform.paths)).length === 0,
        QUEUE_MS,
      );
    },
    RUN_MS,
  );

  test('every kind of fault has struck, and at every kind of place', () => {
    console.log(`\n${table(strikes)}\n`);
    const never = missing(strikes);
    expect(runs < FAULTS.length ? [] : never.faults, 'faults that never struck').toEqual([]);
    expect(runs < ENOUGH_FOR_PLACES ? [] : never.places, 'places that were never reached').toEqual([]);
  });
});

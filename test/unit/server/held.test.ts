import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { CanaryShop } from '../../support/canary-shop.ts';
import { eventually } from '../../support/eventually.ts';

/** A canary that is held, as too few requests came, and what follows when somebody lets it go on. */
let shop: CanaryShop;
let rollout: () => RolloutRow;
beforeEach(async () => {
  const times = 'bake: 1s, min_requests: 10, max_wait: 4s';
  shop = await CanaryShop.start(`{steps: [50], ${times}, on_no_data: hold, keep: 0s}`);
  const { rollout: begun } = await shop.canary();
  rollout = () => shop.rolloutOf(begun.release_id);
  await held();
});
afterEach(async () => {
  await shop.server.remove();
});

async function held(): Promise<void> {
  await eventually('it is held', () => rollout().held !== null, 15_000);
}

async function resumed(): Promise<number> {
  await shop.server.context.operations.steerRollout(shop.server.alice, shop.app, 2, 'resume');
  return rollout().progress?.watchedMs ?? 0;
}

async function watchedFor(ms: number, from: number): Promise<void> {
  await eventually('it is watched', () => (rollout().progress?.watchedMs ?? 0) >= from + ms, 15_000);
}

test('it waits for the missing requests as long as the policy says, and says so; then it is held again', async () => {
  const from = await resumed();
  expect(shop.story(rollout()).at(-1)).toBe(
    'resumed: alice lets it go on: it waits up to 4 s more for 10 requests at each step, and is held again if they do not come',
  );
  await watchedFor(2_500, from);
  expect(rollout()).toMatchObject({ state: 'canary', held: null });
  await held();
  expect(rollout().progress?.watchedMs).toBeGreaterThan(from + 3_000);
  expect(shop.story(rollout()).filter((line) => line.startsWith('held:'))).toHaveLength(2);
});

test('it goes on when they come, those that came before included', async () => {
  const { traffic } = shop.server;
  traffic.count(rollout().release_id, { requests: 6 });
  await eventually('they are seen', () => rollout().progress?.step.canary.requests === 6);
  await watchedFor(1_500, await resumed());
  expect(rollout()).toMatchObject({ state: 'canary', held: null });
  traffic.count(rollout().release_id, { requests: 4 });
  await eventually('it is live', () => rollout().state === 'live');
});

test('a server that starts again meanwhile waits for the rest of it', async () => {
  const from = await resumed();
  await shop.server.close();
  await shop.server.open();
  await watchedFor(2_500, from);
  expect(rollout()).toMatchObject({ state: 'canary', held: null });
});

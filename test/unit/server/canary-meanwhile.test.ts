import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import { CanaryShop } from '../../support/canary-shop.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestServer } from '../../support/server.ts';

/** What people and other apps do while a canary or a rollback is under way. */
let shop: CanaryShop;
let server: TestServer;
let app: AppRow;
beforeEach(async () => {
  shop = await CanaryShop.start('{steps: [5, 50], bake: 1s, min_requests: 10, max_wait: 60s, keep: 60s}');
  ({ server, app } = shop);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.remove();
});

/** With a bake of so many seconds. */
function baking(seconds: number): Record<string, string> {
  const policy = shop.files['sluice.yaml'] as string;
  return { ...shop.files, 'sluice.yaml': policy.replace('bake: 1s', `bake: ${seconds}s`) };
}

test('an app that is scaled to no web process in the middle of a canary makes nothing live, and goes on with one', async () => {
  const { rollout } = await shop.canary(baking(1));
  const { operations } = server.context;
  const seen = () => shop.rolloutOf(rollout.release_id);
  await operations.scale(server.alice, app, { web: 0 });
  await eventually('none runs', () => server.engine.find({ appId: app.id, process: 'web' }).length === 0);
  await eventually('it says so', () =>
    shop.story(rollout).some((line) => line.startsWith('held: v2 waits, as web')),
  );
  // Probes alone would have promoted it in less.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(seen()).toMatchObject({ state: 'canary', step: 0 });
  await operations.scale(server.alice, app, { web: 1 });
  const stop = shop.users(rollout);
  await eventually('it is live', () => seen().state === 'live', 15_000);
  stop();
  expect(shop.story(rollout).filter((line) => line.startsWith('held:'))).toHaveLength(1);
});

test('a pause uses up nothing of max_wait', async () => {
  const { rollout } = await shop.canary(baking(60));
  const seen = () => shop.rolloutOf(rollout.release_id).progress;
  const { operations } = server.context;
  await operations.steerRollout(server.alice, app, 2, 'pause');
  await eventually('time goes by', () => (seen()?.pausedMs ?? 0) >= 2_000, 15_000);
  await operations.steerRollout(server.alice, app, 2, 'resume');
  const { watchedMs: until = 0 } = seen() ?? {};
  await eventually('it goes on', () => (seen()?.watchedMs ?? 0) >= until + 2_000, 15_000);
  const { watchedMs = 0, pausedMs = 0 } = seen() ?? {};
  expect(watchedMs - pausedMs).toBeGreaterThanOrEqual(1_000);
});

test('a config change during a rollback does not bring back what that goes away from', async () => {
  const { rollout } = await shop.canary();
  await server.context.operations.steerRollout(server.alice, app, 2, 'promote');
  await eventually('v2 is live', () => shop.rolloutOf(rollout.release_id).state === 'live');
  server.engine.behave('image-1', 'waits');
  await server.context.operations.rollback(server.alice, app, 1);
  await eventually('v1 has all requests', () => shop.weights()['v1'] === 10_000);
  const at = server.traffic.applied.length;
  const { release } = await server.context.operations.setConfig(server.alice, app, { A: '1' });
  await eventually('its own replica', () => server.engine.find({ releaseId: release?.id as string })[0]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(shop.weights()).toEqual({ v1: 10_000 });
  server.engine.set({ releaseId: release?.id as string }, { state: 'ready' });
  await eventually('it is live', () => shop.rolloutOf(release?.id as string).state === 'live');
  const given = server.traffic.applied
    .slice(at)
    .flatMap(({ releases }) => releases.filter(({ weight }) => weight > 0).map(({ releaseId }) => releaseId));
  expect(given).not.toContain(rollout.release_id);
});

test('other apps whose looks take long hold up no take-back', async () => {
  const { rollout } = await shop.canary(baking(60));
  const { workloads } = server.context;
  const ensure = workloads.ensure.bind(workloads);
  const slow = Promise.withResolvers<void>();
  let held = 0;
  vi.spyOn(workloads, 'ensure').mockImplementation(async (spec) => {
    if (spec.app.id !== app.id) {
      held++;
      await slow.promise;
    }
    await ensure(spec);
  });
  for (let index = 0; index < 10; index++) {
    const other = await server.app(`other-${index}`);
    await server.build(await server.push(other, await server.commit(other, shop.files)), `other-${index}`);
  }
  await eventually('all places are taken', () => held >= 8);
  // Of stable nobody knows when the requests before the first look came.
  await eventually('the first look', () => shop.rolloutOf(rollout.release_id).progress !== null);
  shop.goesBad(rollout);
  try {
    await eventually('v1 has all requests', () => shop.weights()['v1'] === 10_000, 15_000);
  } finally {
    slow.resolve();
  }
}, 40_000);

test('a rollback by steps does not promise to keep warm what it goes away from', async () => {
  const { rollout } = await shop.canary();
  await server.context.operations.steerRollout(server.alice, app, 2, 'promote');
  await eventually('v2 is live', () => shop.rolloutOf(rollout.release_id).state === 'live');
  const back = await server.context.operations.rollback(server.alice, app, 1, { canary: true });
  await eventually('it is live', () => shop.rolloutOf(back.id).state === 'live', 15_000);
  expect(shop.story(shop.rolloutOf(back.id)).join('\n')).toMatch(
    /Promoting v3 .*it gets all requests, v2 stops/,
  );
});

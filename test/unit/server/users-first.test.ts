import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { CanaryShop } from '../../support/canary-shop.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestServer } from '../../support/server.ts';

/** What users get goes first: requests leave a canary that is not wanted whatever else is away. */
let shop: CanaryShop;
let server: TestServer;
let app: AppRow;
beforeEach(async () => {
  shop = await CanaryShop.start('{steps: [5, 50], bake: 60s, min_requests: 10, max_wait: 600s, keep: 60s}');
  ({ server, app } = shop);
});
afterEach(async () => {
  vi.restoreAllMocks();
  server.engine.away = undefined;
  await server.remove();
});

/** Of stable nobody knows when the requests before the first look came. */
async function canary(): Promise<RolloutRow> {
  const { rollout } = await shop.canary();
  await eventually('a look', () => shop.rolloutOf(rollout.release_id).progress !== null);
  return rollout;
}

/** All that the router was given from here on. */
function splitsFrom(at: number): string[] {
  return server.traffic.applied
    .slice(at)
    .map(({ releases }) => String(releases.map(({ weight }) => weight).filter((weight) => weight > 0)));
}

test('a worse canary loses its requests when the journal cannot be written, and does not get them back', async () => {
  const rollout = await canary();
  const move = vi.spyOn(server.context.store.rollouts, 'move').mockImplementation(() => {
    throw new Error('database or disk is full');
  });
  const at = server.traffic.applied.length;
  shop.goesBad(rollout);
  await eventually('v1 has all requests', () => shop.weights()['v1'] === 10_000, 3_000);
  await eventually('it was tried again', () => move.mock.calls.length > 3, 5_000);
  expect(new Set(splitsFrom(at))).toEqual(new Set(['10000']));
  move.mockRestore();
  await eventually(
    'it ends',
    () => server.context.store.rollouts.byId(rollout.id)?.state === 'rolled-back',
    12_000,
  );
}, 30_000);

test('a worse canary loses its requests while the engine is away', async () => {
  const rollout = await canary();
  server.engine.away = new Error('no engine');
  shop.goesBad(rollout);
  await eventually('v1 has all requests', () => shop.weights()['v1'] === 10_000, 3_000);
});

test('an aborted canary loses its requests while the engine is away', async () => {
  await canary();
  server.engine.away = new Error('no engine');
  await server.context.operations.steerRollout(server.alice, app, 2, 'abort');
  await eventually('v1 has all requests', () => shop.weights()['v1'] === 10_000, 3_000);
});

test('a rollback to what is still warm gives it all requests, though the engine can start nothing', async () => {
  const rollout = await canary();
  await server.context.operations.steerRollout(server.alice, app, 2, 'promote');
  await eventually('v2 is live', () => shop.weights()['v2'] === 10_000);
  await eventually('it ended', () => server.context.store.rollouts.byId(rollout.id)?.state === 'live');
  vi.spyOn(server.context.workloads, 'ensure').mockRejectedValue(new Error('no space left on device'));
  await server.context.operations.rollback(server.alice, app, 1);
  await eventually('v1 has all requests', () => shop.weights()['v1'] === 10_000, 3_000);
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

/** What users get goes first: requests leave a canary that is not wanted whatever else is away. */

const QUICK = 'canary: {steps: [5, 50], bake: 60s, min_requests: 10, max_wait: 600s, keep: 60s}\n';
const FILES = { Dockerfile: 'FROM busybox:1\n', 'sluice.yaml': QUICK };

let server: TestServer;
let app: AppRow;
let first: string;
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
  first = await server.commit(app, FILES);
  await server.deploy(app, first, 'image-1');
});
afterEach(async () => {
  vi.restoreAllMocks();
  server.engine.away = undefined;
  await server.remove();
});

async function canary(): Promise<RolloutRow> {
  const build = await server.push(app, await server.commit(app, { ...FILES, x: 'y' }, first));
  await server.build(build, 'image-2');
  const { id } = await eventually('its release', () => server.context.store.releases.byBuild(build.id));
  const rollout = (): RolloutRow => server.context.store.rollouts.byRelease(id) as RolloutRow;
  await eventually('its canary', () => rollout().state === 'canary' && weights()['v2'] === 500);
  await eventually('a look', () => rollout().progress !== null);
  return rollout();
}

function weights(): Record<string, number> {
  const shares = (server.traffic.routes.get(app.id)?.releases ?? []).filter(({ weight }) => weight > 0);
  const { releases } = server.context.store;
  return Object.fromEntries(
    shares.map(({ releaseId, weight }) => [`v${releases.require(releaseId).number}`, weight]),
  );
}

function goesBad({ release_id, previous_release_id }: RolloutRow): void {
  server.traffic.count(previous_release_id as string, { requests: 900 });
  server.traffic.count(release_id, { requests: 50, errors5xx: 25 });
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
  goesBad(rollout);
  await eventually('v1 has all requests', () => weights()['v1'] === 10_000, 3_000);
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
  goesBad(rollout);
  await eventually('v1 has all requests', () => weights()['v1'] === 10_000, 3_000);
});

test('an aborted canary loses its requests while the engine is away', async () => {
  await canary();
  server.engine.away = new Error('no engine');
  await server.context.operations.steerRollout(server.alice, app, 2, 'abort');
  await eventually('v1 has all requests', () => weights()['v1'] === 10_000, 3_000);
});

test('a rollback to what is still warm gives it all requests, though the engine can start nothing', async () => {
  const rollout = await canary();
  await server.context.operations.steerRollout(server.alice, app, 2, 'promote');
  await eventually('v2 is live', () => weights()['v2'] === 10_000);
  await eventually('it ended', () => server.context.store.rollouts.byId(rollout.id)?.state === 'live');
  vi.spyOn(server.context.workloads, 'ensure').mockRejectedValue(new Error('no space left on device'));
  await server.context.operations.rollback(server.alice, app, 1);
  await eventually('v1 has all requests', () => weights()['v1'] === 10_000, 3_000);
});

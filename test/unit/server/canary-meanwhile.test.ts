import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

/** What people and other apps do while a canary or a rollback is under way. */

const QUICK = 'canary: {steps: [5, 50], bake: 1s, min_requests: 10, max_wait: 60s, keep: 60s}\n';
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
  await server.remove();
});

async function canary(files: Record<string, string> = FILES): Promise<RolloutRow> {
  const build = await server.push(app, await server.commit(app, { ...files, x: 'y' }, first));
  await server.build(build, 'image-2');
  const { id } = await eventually('its release', () => server.context.store.releases.byBuild(build.id));
  await eventually('its canary', () => byRelease(id).state === 'canary' && weights()['v2'] !== undefined);
  return byRelease(id);
}

function byRelease(id: string): RolloutRow {
  return server.context.store.rollouts.byRelease(id) as RolloutRow;
}

function weights(): Record<string, number> {
  const shares = (server.traffic.routes.get(app.id)?.releases ?? []).filter(({ weight }) => weight > 0);
  const { releases } = server.context.store;
  return Object.fromEntries(
    shares.map(({ releaseId, weight }) => [`v${releases.require(releaseId).number}`, weight]),
  );
}

function story(id: string): string {
  return server.context.store.rollouts
    .events(id)
    .map(({ text }) => text)
    .join('\n');
}

test('an app that is scaled to no web process in the middle of a canary does not wait for its requests', async () => {
  const rollout = await canary({ ...FILES, 'sluice.yaml': QUICK.replace('bake: 1s', 'bake: 3s') });
  server.traffic.answer = async () => new Promise(() => undefined);
  await server.context.operations.scale(server.alice, app, { web: 0 });
  await eventually('it is live', () => byRelease(rollout.release_id).state === 'live', 10_000);
  await eventually('none runs', () => server.engine.find({ appId: app.id, process: 'web' }).length === 0);
});

test('a config change during a rollback does not bring back what that goes away from', async () => {
  const rollout = await canary();
  await server.context.operations.steerRollout(server.alice, app, 2, 'promote');
  await eventually('v2 is live', () => byRelease(rollout.release_id).state === 'live');
  server.engine.behave('image-1', 'waits');
  await server.context.operations.rollback(server.alice, app, 1);
  await eventually('v1 has all requests', () => weights()['v1'] === 10_000);
  const at = server.traffic.applied.length;
  const { release } = await server.context.operations.setConfig(server.alice, app, { A: '1' });
  await eventually('its own replica', () => server.engine.find({ releaseId: release?.id as string })[0]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(weights()).toEqual({ v1: 10_000 });
  server.engine.set({ releaseId: release?.id as string }, { state: 'ready' });
  await eventually('it is live', () => byRelease(release?.id as string).state === 'live');
  const given = server.traffic.applied
    .slice(at)
    .flatMap(({ releases }) => releases.filter(({ weight }) => weight > 0).map(({ releaseId }) => releaseId));
  expect(given).not.toContain(rollout.release_id);
});

test('other apps whose looks take long hold up no take-back', async () => {
  const rollout = await canary({ ...FILES, 'sluice.yaml': QUICK.replace('bake: 1s', 'bake: 60s') });
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
    await server.build(await server.push(other, await server.commit(other, FILES)), `other-${index}`);
  }
  await eventually('all places are taken', () => held >= 8);
  // Of stable nobody knows when the requests before the first look came.
  await eventually('the first look', () => byRelease(rollout.release_id).progress !== null);
  server.traffic.count(rollout.previous_release_id as string, { requests: 900 });
  server.traffic.count(rollout.release_id, { requests: 50, errors5xx: 25 });
  try {
    await eventually('v1 has all requests', () => weights()['v1'] === 10_000, 15_000);
  } finally {
    slow.resolve();
  }
}, 40_000);

test('a rollback by steps does not promise to keep warm what it goes away from', async () => {
  const rollout = await canary();
  await server.context.operations.steerRollout(server.alice, app, 2, 'promote');
  await eventually('v2 is live', () => byRelease(rollout.release_id).state === 'live');
  const back = await server.context.operations.rollback(server.alice, app, 1, { canary: true });
  await eventually('it is live', () => byRelease(back.id).state === 'live', 15_000);
  expect(story(byRelease(back.id).id)).toMatch(/Promoting v3 .*it gets all requests, v2 stops/);
});

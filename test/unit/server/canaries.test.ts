import { afterEach, beforeEach, expect, test } from 'vitest';
import { reason } from '../../../core/reason.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import { CanaryShop } from '../../support/canary-shop.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestServer } from '../../support/server.ts';

let shop: CanaryShop;
let server: TestServer;
let app: AppRow;
beforeEach(async () => {
  shop = await CanaryShop.start('{steps: [5, 50], bake: 1s, min_requests: 10, max_wait: 60s, keep: 0s}');
  ({ server, app } = shop);
});
afterEach(async () => {
  await server.remove();
});

/** Every split that the router was ever given. */
function splits(): string[] {
  const all = server.traffic.applied
    .filter((route) => route.appId === app.id && route.releases.length > 0)
    .map(({ releases }) => releases.map(({ weight }) => weight).filter((weight) => weight > 0));
  for (const split of all) expect(split.reduce((sum, one) => sum + one, 0)).toBe(10_000);
  return all.map(String).filter((split, index, list) => split !== list[index - 1]);
}

test('an equal canary walks its steps and goes live', async () => {
  const { build, rollout } = await shop.canary();
  const stop = shop.users(rollout);
  await server.context.followEnd(build.id, 'live');
  stop();
  expect(shop.rolloutOf(rollout.release_id).state).toBe('live');
  expect(splits()).toEqual(['10000', '9500,500', '5000,5000', '10000']);
  const kinds = server.context.store.rollouts.events(rollout.id).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind !== 'note')).toEqual([
    'starting',
    'step',
    'passed',
    'step',
    'passed',
    'promoting',
    'live',
  ]);
});

test('a canary that is clearly worse goes back to 0 at once, and the branch stays', async () => {
  const { build, rollout } = await shop.canary();
  const stop = shop.users(rollout, 2);
  await server.context.followEnd(build.id, 'live');
  stop();
  const ended = shop.rolloutOf(rollout.release_id);
  expect(ended).toMatchObject({ state: 'rolled-back', weight: 0 });
  expect(ended.reason?.code).toBe('canary_worse');
  await eventually('v1 has all traffic', () => shop.weights()['v1'] === 10_000);
  expect(splits()).toEqual(['10000', '9500,500', '10000']);
  expect(await server.context.repositories.branch(app.id, 'main')).toBe(shop.first);
  await server.settled(app);
  expect(server.engine.find({ releaseId: rollout.release_id })).toHaveLength(0);
});

test('a silent router is no evidence: nothing goes on, and time in silence is no bake', async () => {
  const { rollout } = await shop.canary();
  server.traffic.fresh = false;
  const stop = shop.users(rollout);
  await new Promise((resolve) => setTimeout(resolve, 5_500));
  const held = shop.rolloutOf(rollout.release_id);
  expect(held.state).toBe('canary');
  expect(held.step).toBe(0);
  expect(held.progress?.bakedMs ?? 0).toBeLessThan(1_000);
  const said = (kind: string): number =>
    server.context.store.rollouts.events(rollout.id).filter((event) => event.kind === kind).length;
  expect(said('waiting')).toBe(1);
  server.traffic.fresh = true;
  await eventually('it goes on', () => shop.rolloutOf(rollout.release_id).state === 'live', 15_000);
  stop();
});

test('without traffic it is promoted on probes to both sides', async () => {
  const { build, rollout } = await shop.canary();
  await server.context.followEnd(build.id, 'live');
  expect(shop.rolloutOf(rollout.release_id).state).toBe('live');
  expect(splits()).toEqual(['10000', '9500,500', '10000']);
  expect(server.traffic.probes.length).toBeGreaterThan(4);
  expect(shop.story(rollout).join('\n')).toMatch(
    /promoting: Promoting v2 \(0 real requests, \d+ probes: weak evidence\)/,
  );
});

test('a probe of the canary that fails keeps it from going live without traffic', async () => {
  const { build, rollout } = await shop.canary();
  const bad = server.engine.find({ releaseId: rollout.release_id })[0]?.shown.address;
  server.traffic.answer = ({ backend }) => ({ status: backend.host === bad?.host ? 500 : 200, ms: 1 });
  await server.context.followEnd(build.id, 'live');
  expect(shop.rolloutOf(rollout.release_id)).toMatchObject({
    state: 'rolled-back',
    reason: { code: 'canary_probes_failed' },
  });
});

test('a server that starts again goes on with the canary from where it was', async () => {
  const { rollout } = await shop.canary();
  server.traffic.count(rollout.release_id, { requests: 7 });
  await eventually('the requests are journalled', () => progress()?.rollout.canary.requests === 7);
  await server.close();
  // What happens meanwhile counts as evidence, not as bake.
  server.traffic.count(rollout.release_id, { requests: 2 });
  await server.open();
  await eventually('it goes on counting', () => progress()?.rollout.canary.requests === 9);
  expect(shop.rolloutOf(rollout.release_id).state).toBe('canary');
  const stop = shop.users(rollout);
  await eventually('it is live', () => shop.rolloutOf(rollout.release_id).state === 'live', 15_000);
  stop();

  function progress() {
    return shop.rolloutOf(rollout.release_id).progress;
  }
});

test('a crash of the canary takes it back, with how it ended and what it wrote', async () => {
  const { build, rollout } = await shop.canary();
  const stop = shop.users(rollout);
  const crash = reason('crashed', 'web.1 exited with code 3', 'sluice logs', ['connecting', 'boom']);
  server.engine.set({ releaseId: rollout.release_id }, { restarts: 1, crash });
  await server.context.followEnd(build.id, 'live');
  stop();
  expect(shop.rolloutOf(rollout.release_id)).toMatchObject({
    state: 'rolled-back',
    reason: { code: 'canary_crashed', detail: ['web.1 exited with code 3', 'connecting', 'boom'] },
  });
});

test('a newer release takes over: the older canary goes to 0, and the new one is compared with the same stable', async () => {
  const { build, rollout } = await shop.canary();
  const next = await server.push(
    app,
    await server.commit(app, shop.files, server.context.store.builds.require(build.id).commit_id),
  );
  await server.build(next, 'image-3');
  await eventually('v3 is the canary', () => shop.weights()['v3'] === 500);
  expect(shop.weights()).toEqual({ v1: 9_500, v3: 500 });
  expect(shop.rolloutOf(rollout.release_id)).toMatchObject({ state: 'superseded', weight: 0 });
  await server.context.followEnd(next.id, 'live');
  expect(splits()).toEqual(['10000', '9500,500', '10000', '9500,500', '10000']);
});

test('with -o now, on the first release, and where nothing healthy is live there is no canary', async () => {
  const now = await server.push(app, await server.commit(app, shop.files, shop.first), {
    options: { now: true },
  });
  await server.build(now, 'image-2');
  await server.context.followEnd(now.id, 'live');
  expect(splits()).toEqual(['10000']);
  server.engine.set({ appId: app.id }, { state: 'unhealthy' });
  const next = await server.push(app, await server.commit(app, { ...shop.files, y: 'z' }, now.commit_id));
  await server.build(next, 'image-3');
  await server.context.followEnd(next.id, 'live');
  expect(shop.weights()).toEqual({ v3: 10_000 });
});

test('an app without web: new workers stay up for one bake beside the old ones, then those go', async () => {
  const files = {
    ...shop.files,
    Procfile: 'worker: work\n',
    'sluice.yaml': `scale: {worker: 1}\n${shop.files['sluice.yaml']}`,
  };
  const jobs = await server.app('jobs');
  const one = await server.commit(jobs, files);
  await server.deploy(jobs, one, 'worker-1');
  const build = await server.push(jobs, await server.commit(jobs, { ...files, x: 'y' }, one));
  await server.build(build, 'worker-2');
  await eventually('both run', () => server.engine.find({ appId: jobs.id }).length === 2);
  await server.context.followEnd(build.id, 'live');
  const release = server.context.store.releases.byBuild(build.id);
  await eventually('the old one is gone', () => server.engine.find({ appId: jobs.id }).length === 1);
  expect(server.engine.find({ appId: jobs.id })[0]?.shown.releaseId).toBe(release?.id);
});

test('replicas of the next step that start slowly are not taken away again meanwhile', async () => {
  await server.context.operations.scale(server.alice, app, { web: 4 });
  await eventually('four run', () => server.engine.find({ appId: app.id }).length === 4);
  const { rollout } = await shop.canary();
  server.engine.behave('image-2', 'waits');
  const stop = shop.users(rollout);
  const second = await eventually(
    'a second replica starts',
    () => server.engine.find({ releaseId: rollout.release_id, index: 2 })[0],
  );
  // Several looks happen meanwhile, each at a share that one replica is enough for.
  const looks = shop.rolloutOf(rollout.release_id).progress?.watchedMs ?? 0;
  await eventually(
    'looks went on',
    () => (shop.rolloutOf(rollout.release_id).progress?.watchedMs ?? 0) > looks + 2_000,
  );
  expect(server.engine.find({ releaseId: rollout.release_id, index: 2 })).toEqual([second]);
  expect(shop.rolloutOf(rollout.release_id).step).toBe(0);
  server.engine.set({ releaseId: rollout.release_id, index: 2 }, { state: 'ready' });
  await eventually('the next step', () => shop.rolloutOf(rollout.release_id).step === 1);
  stop();
});

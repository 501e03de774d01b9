import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BuildRow } from '../../../server/store/builds.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

const QUICK = 'canary: {steps: [5, 50], bake: 1s, min_requests: 10, max_wait: 60s, keep: 0s}\n';
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
  await server.remove();
});

/** A second release, up to its canary. */
async function canary(
  files: Record<string, string> = FILES,
): Promise<{ build: BuildRow; rollout: RolloutRow }> {
  const build = await server.push(app, await server.commit(app, { ...files, x: 'y' }, first));
  await server.build(build, 'image-2');
  const { id } = await eventually('its release', () => server.context.store.releases.byBuild(build.id));
  await eventually('its canary', () => rolloutOf(id).state === 'canary' && weights()['v2'] !== undefined);
  return { build, rollout: rolloutOf(id) };
}

function rolloutOf(releaseId: string): RolloutRow {
  return server.context.store.rollouts.byRelease(releaseId) as RolloutRow;
}

/** Users go on asking: each call is some requests of both sides. */
function users(rollout: RolloutRow, canaryErrors: number): () => void {
  const timer = setInterval(() => {
    server.traffic.count(rollout.release_id, { requests: 5, errors5xx: canaryErrors });
    server.traffic.count(rollout.previous_release_id as string, { requests: 95 });
  }, 100);
  return () => clearInterval(timer);
}

function weights(): Record<string, number> {
  const route = server.traffic.routes.get(app.id);
  return Object.fromEntries(
    (route?.releases ?? [])
      .filter(({ weight }) => weight > 0)
      .map(({ releaseId, weight }) => [
        `v${server.context.store.releases.require(releaseId).number}`,
        weight,
      ]),
  );
}

/** Every split that the router was ever given. */
function splits(): string[] {
  const all = server.traffic.applied
    .filter((route) => route.appId === app.id && route.releases.length > 0)
    .map(({ releases }) => releases.map(({ weight }) => weight).filter((weight) => weight > 0));
  for (const split of all) expect(split.reduce((sum, one) => sum + one, 0)).toBe(10_000);
  return all.map(String).filter((split, index, list) => split !== list[index - 1]);
}

test('an equal canary walks its steps and goes live', async () => {
  const { build, rollout } = await canary();
  const stop = users(rollout, 0);
  await server.context.followEnd(build.id, 'live');
  stop();
  expect(rolloutOf(rollout.release_id).state).toBe('live');
  expect(splits()).toEqual(['10000', '9500,500', '5000,5000', '10000']);
  const kinds = server.context.store.rollouts.events(rollout.id).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind !== 'note')).toEqual([
    'step',
    'passed',
    'step',
    'passed',
    'promoting',
    'live',
  ]);
});

test('a canary that is clearly worse goes back to 0 at once, and the branch stays', async () => {
  const { build, rollout } = await canary();
  const stop = users(rollout, 2);
  await server.context.followEnd(build.id, 'live');
  stop();
  const ended = rolloutOf(rollout.release_id);
  expect(ended).toMatchObject({ state: 'rolled-back', weight: 0 });
  expect(ended.reason?.code).toBe('canary_worse');
  await eventually('v1 has all traffic', () => weights()['v1'] === 10_000);
  expect(splits()).toEqual(['10000', '9500,500', '10000']);
  expect(await server.context.repositories.branch(app.id, 'main')).toBe(first);
  await server.settled(app);
  expect(server.engine.find({ releaseId: rollout.release_id })).toHaveLength(0);
});

test('a silent router is no evidence: nothing goes on, and time in silence is no bake', async () => {
  const { rollout } = await canary();
  server.traffic.fresh = false;
  const stop = users(rollout, 0);
  await new Promise((resolve) => setTimeout(resolve, 5_500));
  const held = rolloutOf(rollout.release_id);
  expect(held.state).toBe('canary');
  expect(held.step).toBe(0);
  expect(held.progress?.bakedMs ?? 0).toBeLessThan(1_000);
  const said = (kind: string): number =>
    server.context.store.rollouts.events(rollout.id).filter((event) => event.kind === kind).length;
  expect(said('waiting')).toBe(1);
  server.traffic.fresh = true;
  await eventually('it goes on', () => rolloutOf(rollout.release_id).state === 'live', 15_000);
  stop();
});

test('without traffic it is promoted on probes to both sides', async () => {
  const { build, rollout } = await canary();
  await server.context.followEnd(build.id, 'live');
  expect(rolloutOf(rollout.release_id).state).toBe('live');
  expect(splits()).toEqual(['10000', '9500,500', '10000']);
  expect(server.traffic.probes.length).toBeGreaterThan(4);
  const story = server.context.store.rollouts.events(rollout.id).map(({ kind, text }) => `${kind}: ${text}`);
  expect(story.join('\n')).toMatch(/promoting: Promoting v2 \(0 real requests, \d+ probes: weak evidence\)/);
});

test('a probe of the canary that fails keeps it from going live without traffic', async () => {
  const { build, rollout } = await canary();
  const bad = server.engine.find({ releaseId: rollout.release_id })[0]?.shown.address;
  server.traffic.answer = ({ backend }) => ({ status: backend.host === bad?.host ? 500 : 200, ms: 1 });
  await server.context.followEnd(build.id, 'live');
  expect(rolloutOf(rollout.release_id)).toMatchObject({
    state: 'rolled-back',
    reason: { code: 'canary_probes_failed' },
  });
});

test('a server that starts again goes on with the canary from where it was', async () => {
  const { rollout } = await canary();
  server.traffic.count(rollout.release_id, { requests: 7 });
  await eventually('the requests are journalled', () => progress()?.rollout.canary.requests === 7);
  await server.close();
  // What happens meanwhile counts as evidence, not as bake.
  server.traffic.count(rollout.release_id, { requests: 2 });
  await server.open();
  await eventually('it goes on counting', () => progress()?.rollout.canary.requests === 9);
  expect(rolloutOf(rollout.release_id).state).toBe('canary');
  const stop = users(rollout, 0);
  await eventually('it is live', () => rolloutOf(rollout.release_id).state === 'live', 15_000);
  stop();

  function progress() {
    return rolloutOf(rollout.release_id).progress;
  }
});

test('a crash of the canary takes it back', async () => {
  const { build, rollout } = await canary();
  const stop = users(rollout, 0);
  server.engine.set({ releaseId: rollout.release_id }, { restarts: 1 });
  await server.context.followEnd(build.id, 'live');
  stop();
  expect(rolloutOf(rollout.release_id)).toMatchObject({
    state: 'rolled-back',
    reason: { code: 'canary_crashed' },
  });
});

test('a newer release takes over: the older canary goes to 0, and the new one is compared with the same stable', async () => {
  const { build, rollout } = await canary();
  const next = await server.push(
    app,
    await server.commit(app, FILES, server.context.store.builds.require(build.id).commit_id),
  );
  await server.build(next, 'image-3');
  await eventually('v3 is the canary', () => weights()['v3'] === 500);
  expect(weights()).toEqual({ v1: 9_500, v3: 500 });
  expect(rolloutOf(rollout.release_id)).toMatchObject({ state: 'superseded', weight: 0 });
  await server.context.followEnd(next.id, 'live');
  expect(splits()).toEqual(['10000', '9500,500', '10000', '9500,500', '10000']);
});

test('with -o now, on the first release, and where nothing healthy is live there is no canary', async () => {
  const now = await server.push(app, await server.commit(app, FILES, first), { options: { now: true } });
  await server.build(now, 'image-2');
  await server.context.followEnd(now.id, 'live');
  expect(splits()).toEqual(['10000']);
  server.engine.set({ appId: app.id }, { state: 'unhealthy' });
  const next = await server.push(app, await server.commit(app, { ...FILES, y: 'z' }, now.commit_id));
  await server.build(next, 'image-3');
  await server.context.followEnd(next.id, 'live');
  expect(weights()).toEqual({ v3: 10_000 });
});

test('an app without web: new workers stay up for one bake beside the old ones, then those go', async () => {
  const files = { ...FILES, Procfile: 'worker: work\n', 'sluice.yaml': `scale: {worker: 1}\n${QUICK}` };
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
  const { rollout } = await canary();
  server.engine.behave('image-2', 'waits');
  const stop = users(rollout, 0);
  const second = await eventually(
    'a second replica starts',
    () => server.engine.find({ releaseId: rollout.release_id, index: 2 })[0],
  );
  // Several looks happen meanwhile, each at a share that one replica is enough for.
  const looks = rolloutOf(rollout.release_id).progress?.watchedMs ?? 0;
  await eventually(
    'looks went on',
    () => (rolloutOf(rollout.release_id).progress?.watchedMs ?? 0) > looks + 2_000,
  );
  expect(server.engine.find({ releaseId: rollout.release_id, index: 2 })).toEqual([second]);
  expect(rolloutOf(rollout.release_id).step).toBe(0);
  server.engine.set({ releaseId: rollout.release_id, index: 2 }, { state: 'ready' });
  await eventually('the next step', () => rolloutOf(rollout.release_id).step === 1);
  stop();
});

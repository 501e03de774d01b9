import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reason } from '../../../core/reason.ts';
import { NotBegun } from '../../../engines/port.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { BuildRow } from '../../../server/store/builds.ts';

let server: TestServer;
let app: AppRow;
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(async () => {
  await server.remove();
});

const FILES = { Dockerfile: 'FROM busybox:1\n' };

function verdictState(build: BuildRow): string | undefined {
  const { releases, rollouts } = server.context.store;
  const release = releases.byBuild(build.id);
  return release && rollouts.byRelease(release.id)?.state;
}

/** Waits until the route is this and the engine runs this many replicas. */
async function comesTo(wanted: Record<string, number>, replicas: number): Promise<void> {
  await eventually(
    `${JSON.stringify(wanted)} with ${replicas} replicas`,
    () => {
      expect(weights()).toEqual(wanted);
      expect(server.engine.find({ appId: app.id })).toHaveLength(replicas);
      return true;
    },
    5_000,
  );
}

function weights(): Record<string, number> {
  const { store } = server.context;
  const route = server.traffic.routes.get(app.id);
  return Object.fromEntries(
    (route?.releases ?? []).map(({ releaseId, weight }) => [
      `v${store.releases.require(releaseId).number}`,
      weight,
    ]),
  );
}

async function branch(): Promise<string | undefined> {
  return server.context.repositories.branch(app.id, 'main');
}

test('a good build goes live: traffic, then the journal, then the branch; the old release goes', async () => {
  const first = await server.commit(app, FILES);
  await server.deploy(app, first, 'image-1');
  expect(await branch()).toBe(first);
  const second = await server.commit(app, { ...FILES, a: 'b' }, first);
  const build = await server.deploy(app, second, 'image-2');
  expect(verdictState(build)).toBe('live');
  expect(await branch()).toBe(second);
  await comesTo({ v2: 10_000 }, 1);
  expect(server.engine.find({ appId: app.id })[0]?.shown.state).toBe('ready');
});

test.each(['crashes', 'answers-503'] as const)(
  'a release that %s changes nothing for users',
  async (behaviour) => {
    const first = await server.commit(app, FILES);
    await server.deploy(app, first, 'image-1');
    server.engine.behave('image-2', behaviour);
    const build = await server.deploy(app, await server.commit(app, FILES, first), 'image-2');
    expect(verdictState(build)).toBe('failed');
    await comesTo({ v1: 10_000 }, 1);
    expect(await branch()).toBe(first);
    expect(server.context.store.builds.require(build.id).state).toBe('succeeded');
  },
);

test('a worker that crashes at promotion rolls the release back before traffic moved', async () => {
  const files = { ...FILES, Procfile: 'web: serve\nworker: work\n', 'sluice.yaml': 'scale: {worker: 1}\n' };
  const first = await server.commit(app, files);
  await server.deploy(app, first, 'image-1');
  server.engine.behave('image-2', 'waits');
  const build = await server.push(app, await server.commit(app, files, first));
  await server.build(build, 'image-2');
  const release = await eventually('it has been made', () => server.context.store.releases.byBuild(build.id));
  await eventually(
    'web starts',
    () => server.engine.find({ releaseId: release.id, process: 'web' }).length === 1,
  );
  server.engine.set({ releaseId: release.id, process: 'web' }, { state: 'ready' });
  await eventually(
    'the worker starts',
    () => server.engine.find({ releaseId: release.id, process: 'worker' }).length === 1,
  );
  expect(weights()['v1']).toBe(10_000);
  server.engine.set({ releaseId: release.id, process: 'worker' }, { state: 'failed' });
  await server.context.followEnd(build.id, 'live');
  expect(verdictState(build)).toBe('rolled-back');
  await comesTo({ v1: 10_000 }, 2);
  expect(server.engine.find({ appId: app.id }).map(({ shown }) => shown.releaseId)).not.toContain(release.id);
});

test('a newer release supersedes one that still starts; its build says by which', async () => {
  const first = await server.commit(app, FILES);
  await server.deploy(app, first, 'image-1');
  server.engine.behave('image-2', 'waits');
  const second = await server.commit(app, FILES, first);
  const slow = await server.push(app, second);
  await server.build(slow, 'image-2');
  const fast = await server.deploy(app, await server.commit(app, { ...FILES, x: 'y' }, second), 'image-3');
  expect(verdictState(slow)).toBe('superseded');
  expect(verdictState(fast)).toBe('live');
  await comesTo({ v3: 10_000 }, 1);
});

test('cancel while a release starts: nothing changes, its containers go', async () => {
  const first = await server.commit(app, FILES);
  await server.deploy(app, first, 'image-1');
  server.engine.behave('image-2', 'waits');
  const build = await server.push(app, await server.commit(app, FILES, first));
  await server.build(build, 'image-2');
  await eventually('it starts', () => server.engine.find({ appId: app.id }).length === 2);
  await server.context.operations.cancelBuild(server.alice, app, build);
  await server.context.followEnd(build.id, 'live');
  expect(verdictState(build)).toBe('cancelled');
  // `builds:create` alone would build what is live.
  const rollout = server.context.store.rollouts.byRelease(
    server.context.store.releases.byBuild(build.id)?.id ?? '',
  );
  expect(rollout?.reason?.hint).toContain(`builds:create --commit ${build.commit_id} -a ${app.name}`);
  await comesTo({ v1: 10_000 }, 1);
  await expect(server.context.operations.cancelBuild(server.alice, app, build)).rejects.toThrow(/has ended/);
});

test('a server that stops while a release starts goes on with it at its next start', async () => {
  server.engine.behave('image-1', 'waits');
  const commit = await server.commit(app, FILES);
  const build = await server.push(app, commit);
  await server.build(build, 'image-1');
  await eventually('it starts', () => server.engine.find({ appId: app.id }).length === 1);
  await server.close();
  await server.open();
  server.engine.set({ appId: app.id }, { state: 'ready' });
  await server.context.followEnd(build.id, 'live');
  expect(verdictState(build)).toBe('live');
  const told = await text(server.context.buildLogs.read(build.id, 0));
  expect(told.match(/^-----> .*v1.*/gm)).toEqual([
    '-----> Release v1: starting 1 web',
    '-----> Release v1 is live',
  ]);
  expect(await branch()).toBe(commit);
  expect(server.engine.find({ appId: app.id })).toHaveLength(1);
});

test('an engine that is away fails no release: it goes on when the engine is back', async () => {
  const commit = await server.commit(app, FILES);
  const build = await server.push(app, commit);
  await server.claim(build);
  server.engine.away = Object.assign(new Error('no engine'), { code: 'engine_unreachable' });
  await server.finish(build, {
    result: 'succeeded',
    image: { image: 'image-1', exposedPorts: [], sizeBytes: 1, user: '' },
    baseDigests: {},
  });
  await eventually('its release was made', () => verdictState(build) === 'starting');
  server.engine.away = undefined;
  await server.context.followEnd(build.id, 'live');
  expect(verdictState(build)).toBe('live');
});

describe('the release phase', () => {
  const files = { ...FILES, Procfile: 'web: serve\nrelease: migrate\n' };

  test('runs before anything starts, once, and not for config changes or rollbacks', async () => {
    const ran: string[] = [];
    server.engine.oneOff = (command) => {
      ran.push(`${command} with ${server.engine.find({ appId: app.id }).length} replicas`);
      return { code: 0 };
    };
    await server.deploy(app, await server.commit(app, files), 'image-1');
    await server.context.operations.setConfig(server.alice, app, { A: '1' });
    await server.settled(app);
    await server.context.operations.rollback(server.alice, app, 1);
    await server.settled(app);
    expect(ran).toHaveLength(1);
    expect(ran[0]).toContain('migrate with 0 replicas');
  });

  test('is told in the story while it runs, and when it has ended', async () => {
    const { rollouts, releases } = server.context.store;
    let told: string[] = [];
    const story = (): string[] =>
      rollouts.events(rollouts.open(app.id)[0]?.id ?? '').map((line) => line.text);
    server.engine.oneOff = () => {
      told = story();
      return { code: 0 };
    };
    const build = await server.deploy(app, await server.commit(app, files), 'image-1');
    const begun = [
      'Release phase: migrate',
      'what it changes stays changed after a rollback; the live release shares it from now on',
    ];
    expect(told).toEqual(begun);
    const { id } = rollouts.byRelease(releases.byBuild(build.id)?.id ?? '') ?? {};
    expect(rollouts.events(id ?? '').map((line) => line.text)).toEqual([
      ...begun,
      'the release command ended well',
      'Release v1: starting 1 web',
      'Release v1 is live',
    ]);
  });

  test('that fails ends the rollout with its exit code', async () => {
    server.engine.oneOff = () => ({ code: 9 });
    const build = await server.deploy(app, await server.commit(app, files), 'image-1');
    expect(verdictState(build)).toBe('failed');
    const release = server.context.store.releases.byBuild(build.id);
    expect(server.context.store.rollouts.byRelease(release?.id ?? '')?.reason?.code).toBe(
      'release_phase_failed',
    );
    expect(server.engine.find({ appId: app.id })).toHaveLength(0);
  });

  test('that the engine could not begin fails with the reason for that', async () => {
    const why = reason('quota_exceeded', 'no room', 'scale down');
    vi.spyOn(server.context.workloads, 'run').mockRejectedValue(new NotBegun(422, why));
    const build = await server.push(app, await server.commit(app, files));
    await server.build(build, 'image-1');
    await server.context.followEnd(build.id, 'live');
    vi.restoreAllMocks();
    const { releases, rollouts } = server.context.store;
    expect(rollouts.byRelease(releases.byBuild(build.id)?.id ?? '')).toMatchObject({
      state: 'failed',
      reason: why,
    });
  });

  test('whose end nobody saw is not run again: the rollout fails as unknown', async () => {
    const build = await server.push(app, await server.commit(app, files));
    await server.claim(build);
    server.engine.away = Object.assign(new Error('no engine'), { code: 'engine_unreachable' });
    await server.finish(build, {
      result: 'succeeded',
      image: { image: 'image-1', exposedPorts: [], sizeBytes: 1, user: '' },
      baseDigests: {},
    });
    const release = await eventually('made', () => server.context.store.releases.byBuild(build.id));
    await server.close();
    server.engine.away = undefined;
    let runs = 0;
    server.engine.oneOff = () => {
      runs++;
      return { code: 0 };
    };
    await server.open();
    await server.context.followEnd(build.id, 'live');
    const rollout = server.context.store.rollouts.byRelease(release.id);
    if (rollout?.state === 'failed')
      expect([rollout.reason?.code, runs]).toEqual(['release_phase_unknown', 0]);
    else expect([rollout?.state, runs]).toEqual(['live', 1]);
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import type { ReleaseRow } from '../../../server/store/releases.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

/** What happens to a release that takes over at this moment when something newer comes. */
let server: TestServer;
let app: AppRow;
const FILES = {
  Dockerfile: 'FROM busybox:1\n',
  Procfile: 'web: serve\nworker: work\n',
  'sluice.yaml': 'scale: {worker: 1}\ncanary: {steps: [10], bake: 60s, keep: 60s}\n',
};
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.remove();
});

async function made(image: string, now = true): Promise<ReleaseRow> {
  const commit = await server.commit(app, { ...FILES, image });
  const build = await server.push(app, commit, { options: { supersede: true, now } });
  await server.build(build, image);
  return server.context.store.releases.byBuild(build.id) as ReleaseRow;
}

async function live(image: string): Promise<ReleaseRow> {
  const release = await made(image);
  await eventually('it is live', () => rolloutOf(release).state === 'live');
  return release;
}

/** Until its web is ready and its worker is not. */
async function promotes(release: ReleaseRow): Promise<void> {
  const web = { releaseId: release.id, process: 'web' };
  await eventually('web is there', () => server.engine.find(web).length === 1);
  server.engine.set(web, { state: 'ready' });
  await eventually('it takes over', () => rolloutOf(release).state === 'promoting');
  await eventually('its worker starts', () => server.engine.find({ releaseId: release.id }).length === 2);
}

/** A canary that somebody promotes, while its worker never gets ready. */
async function stuck(image: string): Promise<ReleaseRow> {
  server.engine.behave(image, 'waits');
  const release = await made(image, false);
  const web = { releaseId: release.id, process: 'web' };
  await eventually('web is there', () => server.engine.find(web).length === 1);
  server.engine.set(web, { state: 'ready' });
  await eventually('it has a share', () => share(release) === 1_000);
  await server.context.operations.steerRollout(server.alice, app, release.number, 'promote');
  await eventually('its worker starts', () => server.engine.find({ releaseId: release.id }).length === 2);
  expect(rolloutOf(release).state).toBe('promoting');
  return release;
}

/** What the router gives it now, in parts of 10,000. */
function share({ id }: ReleaseRow): number | undefined {
  const route = server.traffic.routes.get(app.id);
  return route?.releases.find(({ releaseId }) => releaseId === id)?.weight;
}

function branch(): Promise<string | undefined> {
  return server.context.repositories.branch(app.id, 'main');
}

function rolloutOf({ id }: ReleaseRow): RolloutRow {
  return server.context.store.rollouts.byRelease(id) as RolloutRow;
}

describe('one that waits for its replicas is taken over at once', () => {
  test('by a rollback, which goes to what has been live', async () => {
    const first = await live('image-1');
    const second = await stuck('image-2');
    // Else it is live before anybody sees that users went back first.
    server.engine.behave('image-1', 'waits');
    const back = await server.context.operations.rollback(server.alice, app);
    expect(back).toMatchObject({ rollback_of: first.number, image: 'image-1' });
    expect(rolloutOf(second)).toMatchObject({ state: 'superseded', weight: 0, superseded_by: back.number });
    await eventually('users have v1', () => share(first) === 10_000);
    await promotes(back);
    server.engine.set({ releaseId: back.id }, { state: 'ready' });
    await eventually('it is undone', () => rolloutOf(back).state === 'live');
    expect(await branch()).toBe(first.commit_id);
  });

  test('by a newer push, which is compared with the same release', async () => {
    const first = await live('image-1');
    const second = await stuck('image-2');
    const third = await made('image-3', false);
    expect(rolloutOf(second)).toMatchObject({ state: 'superseded', superseded_by: third.number });
    await eventually('it has a share', () => share(third) === 1_000 && share(first) === 9_000);
    expect(rolloutOf(third).previous_release_id).toBe(first.id);
  });

  test('by a config change, which takes its image along', async () => {
    const first = await live('image-1');
    const second = await stuck('image-2');
    const { release } = await server.context.operations.setConfig(server.alice, app, { A: '1' });
    expect(release).toMatchObject({ image: 'image-2' });
    expect(rolloutOf(second).state).toBe('superseded');
    await eventually('users have v1', () => share(first) === 10_000);
  });

  test('by whoever aborts it, or cancels its build', async () => {
    const first = await live('image-1');
    const { operations, store } = server.context;
    const second = await stuck('image-2');
    await operations.steerRollout(server.alice, app, second.number, 'abort');
    await eventually('users have v1', () => share(first) === 10_000);
    const third = await stuck('image-3');
    await operations.cancelBuild(server.alice, app, store.builds.require(third.build_id as string));
    await eventually('users have v1', () => share(first) === 10_000);
    expect([rolloutOf(second), rolloutOf(third)].map(({ state }) => state)).toEqual([
      'cancelled',
      'cancelled',
    ]);
    expect(await branch()).toBe(first.commit_id);
  });
});

test('one that a newer build takes over when it has all traffic already gives it and the branch back', async () => {
  const first = await live('image-1');
  const { repositories } = server.context;
  server.engine.behave('image-2', 'waits');
  server.engine.behave('image-3', 'waits');
  const second = await made('image-2');
  const commit = await server.commit(app, { ...FILES, image: 'image-3' });
  const newer = await server.push(app, commit, { options: { supersede: true, now: true } });
  await promotes(second);
  const move = repositories.moveBranch.bind(repositories);
  const moving = vi.spyOn(repositories, 'moveBranch').mockImplementationOnce(async (...what) => {
    await move(...what);
    await server.build(newer, 'image-3');
  });
  server.engine.set({ releaseId: second.id }, { state: 'ready' });
  await eventually('it was taken over', () => rolloutOf(second).state === 'superseded');
  expect(moving).toHaveBeenCalledWith(app.id, 'main', second.commit_id);
  await eventually('users have v1', () => share(first) === 10_000);
  await eventually('so has the branch', async () => (await branch()) === first.commit_id);
});

describe('a rollback under way', () => {
  test('is not taken over by what was pushed before: users would have the bad one again', async () => {
    const first = await live('image-1');
    const second = await live('image-2');
    server.engine.behave('image-1', 'waits');
    const back = await server.context.operations.rollback(server.alice, app);
    await eventually('users have v1 at once', () => share(first) === 10_000);
    const at = server.traffic.applied.length;
    const next = await made('image-3');
    await promotes(back);
    server.engine.set({ releaseId: back.id }, { state: 'ready' });
    await eventually('the newest is live', () => rolloutOf(next).state === 'live');
    expect(rolloutOf(back).state).toBe('live');
    const given = server.traffic.applied
      .slice(at)
      .flatMap(({ releases }) =>
        releases.filter(({ weight }) => weight > 0).map(({ releaseId }) => releaseId),
      );
    expect(given).not.toContain(second.id);
  });

  test('that is asked for twice is one', async () => {
    await live('image-0');
    await live('image-1');
    await stuck('image-2');
    server.engine.behave('image-1', 'waits');
    const { operations } = server.context;
    const back = await operations.rollback(server.alice, app);
    expect(await operations.rollback(server.alice, app)).toEqual(back);
    await promotes(back);
    expect(await operations.rollback(server.alice, app)).toEqual(back);
    expect(await operations.rollback(server.alice, app, 2)).toEqual(back);
    expect(await operations.rollback(server.alice, app, 1)).toMatchObject({ number: 5, rollback_of: 1 });
  });
});

test('what waited for a rollback to end comes after that, and is compared with it', async () => {
  await live('image-1');
  await live('image-2');
  server.engine.behave('image-1', 'waits');
  const back = await server.context.operations.rollback(server.alice, app);
  await promotes(back);
  const next = await made('image-3');
  server.engine.set({ releaseId: back.id }, { state: 'ready' });
  await eventually('it is live', () => rolloutOf(next).state === 'live');
  expect(rolloutOf(back).state).toBe('live');
  expect(rolloutOf(next).previous_release_id).toBe(back.id);
});

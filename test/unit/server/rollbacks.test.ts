import type * as Files from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import type { ReleaseRow } from '../../../server/store/releases.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

const disk = vi.hoisted(() => ({ full: false }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Files>();
  const statfs = async (path: string) => {
    const seen = await real.statfs(path);
    return disk.full ? Object.assign(seen, { bavail: 0 }) : seen;
  };
  return { ...real, statfs };
});

let server: TestServer;
let app: AppRow;
const FILES = { Dockerfile: 'FROM busybox:1\n' };
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(async () => {
  disk.full = false;
  await server.remove();
});

/** Makes a release of each image live, each on top of the one before; returns their commits. */
async function deployed(images: readonly string[], files: Record<string, string> = FILES): Promise<string[]> {
  const commits: string[] = [];
  for (const image of images) {
    commits.push(await server.commit(app, { ...files, image }, commits.at(-1)));
    await server.deploy(app, commits.at(-1) ?? '', image);
    await server.settled(app);
  }
  return commits;
}

async function rolledBack(number?: number): Promise<ReleaseRow> {
  const release = await server.context.operations.rollback(server.alice, app, number);
  await server.settled(app);
  return release;
}

function rolloutOf({ id }: ReleaseRow): RolloutRow {
  return server.context.store.rollouts.byRelease(id) as RolloutRow;
}

const liveSpec = () => server.context.operations.liveSpec(app);

describe('without a release it goes to the newest that was live and differs from what is live', () => {
  test('so that the second one undoes the first', async () => {
    await deployed(['image-1', 'image-2', 'image-3']);
    expect(await rolledBack()).toMatchObject({ number: 4, rollback_of: 2, image: 'image-2' });
    expect(await rolledBack()).toMatchObject({ number: 5, rollback_of: 3, image: 'image-3' });
  });

  test('by its config, too', async () => {
    await deployed(['image-1']);
    await server.context.operations.setConfig(server.alice, app, { A: '1' });
    await server.settled(app);
    expect(await rolledBack()).toMatchObject({ rollback_of: 1 });
    expect(liveSpec()?.env).not.toHaveProperty('A');
  });

  test('and passes over those that never went live, and those that run the same', async () => {
    const [first] = await deployed(['image-1', 'image-2']);
    server.engine.behave('bad', 'crashes');
    await server.deploy(app, await server.commit(app, { ...FILES, b: 'ad' }), 'bad');
    await server.settled(app);
    await server.context.operations.setConfig(server.alice, app, { A: '1' });
    await server.settled(app);
    await server.context.operations.setConfig(server.alice, app, { A: null });
    await server.settled(app);
    // v4 has other config, v2 has what is live as v5.
    expect(await rolledBack()).toMatchObject({ rollback_of: 4 });
    expect(await rolledBack(1)).toMatchObject({ commit_id: first });
  });
});

test('during a canary it is not clear what to go away from, so both are named', async () => {
  const walks = { ...FILES, 'sluice.yaml': 'canary: {steps: [10], bake: 60s, keep: 0s}\n' };
  const [first] = await deployed(['image-1'], walks);
  const canary = async (): Promise<void> => {
    const build = await server.push(
      app,
      await server.commit(app, { ...walks, n: String(Math.random()) }, first),
    );
    await server.build(build, 'canary');
    const release = server.context.store.releases.byBuild(build.id) as ReleaseRow;
    await eventually('it is a canary', () => rolloutOf(release).state === 'canary');
  };
  await canary();
  const { operations } = server.context;
  const reason = {
    code: 'canary_under_way',
    message: 'v2 is in its canary with 10 % of the requests, v1 has the others',
    hint: 'sluice rollouts:abort -a shop   takes v2 back, v1 stays',
  };
  await expect(operations.rollback(server.alice, app)).rejects.toMatchObject({ status: 409, reason });
  await operations.steerRollout(server.alice, app, 2, 'promote');
  await server.settled(app);
  await canary();
  await expect(operations.rollback(server.alice, app)).rejects.toMatchObject({
    reason: { hint: expect.stringContaining('v2 stays; sluice rollback v1 -a shop   goes away from both') },
  });
  expect(await rolledBack(1)).toMatchObject({ rollback_of: 1 });
});

describe('what is live already is refused', () => {
  test('by its own number and by that of one that runs the same', async () => {
    await deployed(['image-1', 'image-2']);
    await rolledBack(1);
    const { operations } = server.context;
    await expect(operations.rollback(server.alice, app, 3)).rejects.toMatchObject({
      status: 409,
      reason: { code: 'live_already', message: 'v3 is what is live' },
    });
    await expect(operations.rollback(server.alice, app, 1)).rejects.toMatchObject({
      reason: {
        code: 'live_already',
        message: 'v3, which is live, has the image and the config of v1',
        hint: 'those that can be gone back to: sluice releases -a shop',
      },
    });
  });

  test('and says how to end what is on its way instead', async () => {
    const [first] = await deployed(['image-1']);
    server.engine.behave('image-2', 'waits');
    const build = await server.push(app, await server.commit(app, { ...FILES, n: '2' }, first));
    await server.build(build, 'image-2');
    await expect(server.context.operations.rollback(server.alice, app, 1)).rejects.toMatchObject({
      reason: { hint: 'to end v2, which is on its way: sluice rollouts:abort v2 -a shop' },
    });
  });
});

describe('it works', () => {
  test('while a release is on its way, which ends at once', async () => {
    const commits = await deployed(['image-1', 'image-2']);
    server.engine.behave('image-3', 'waits');
    const build = await server.push(app, await server.commit(app, { ...FILES, n: '3' }, commits.at(-1)));
    await server.build(build, 'image-3');
    await rolledBack();
    expect(liveSpec()).toMatchObject({ image: 'image-1', releaseNumber: 4 });
    const release = server.context.store.releases.byBuild(build.id) as ReleaseRow;
    expect(rolloutOf(release)).toMatchObject({ state: 'superseded', weight: 0, superseded_by: 4 });
    expect(await server.context.repositories.branch(app.id, 'main')).toBe(commits[0]);
  });

  test('in the middle of a canary, whose traffic goes back before anything starts', async () => {
    const commits = await deployed(['image-1', 'image-2']);
    const files = { ...FILES, n: '3', 'sluice.yaml': 'canary: {steps: [10], bake: 60s}\n' };
    const build = await server.push(app, await server.commit(app, files, commits.at(-1)));
    await server.build(build, 'image-3');
    const canary = await eventually('made', () => server.context.store.releases.byBuild(build.id));
    const weights = (): number[] =>
      (server.traffic.routes.get(app.id)?.releases ?? []).map(({ weight }) => weight);
    await eventually('it has traffic', () => weights().includes(1_000));
    server.engine.behave('image-1', 'waits');
    const { id: releaseId } = await server.context.operations.rollback(server.alice, app, 1);
    expect(rolloutOf(canary)).toMatchObject({ state: 'superseded', weight: 0 });
    await eventually('it has none', () => weights().includes(10_000));
    expect(liveSpec()).toMatchObject({ image: 'image-2' });
    await eventually('it starts', () => server.engine.find({ releaseId }).length > 0);
    server.engine.set({ releaseId }, { state: 'ready' });
    await eventually('it is live', () => liveSpec()?.image === 'image-1');
  });

  test('while the disk is full, where a push is refused', async () => {
    const commits = await deployed(['image-1', 'image-2']);
    disk.full = true;
    const next = await server.commit(app, { ...FILES, n: '3' }, commits.at(-1));
    await expect(server.push(app, next)).rejects.toMatchObject({ status: 507 });
    await rolledBack();
    expect(liveSpec()).toMatchObject({ image: 'image-1' });
  });
});

test('one whose image was removed is refused with the command that builds it again', async () => {
  const images = [1, 2, 3, 4, 5, 6, 7].map((n) => `image-${n}`);
  const [first] = await deployed(images);
  const { operations } = server.context;
  await expect(operations.rollback(server.alice, app, 1)).rejects.toMatchObject({
    status: 409,
    reason: {
      code: 'image_gone',
      hint: `build it again: sluice builds:create --commit ${first} -a shop`,
    },
  });
  await operations.setConfig(server.alice, app, { A: '1' });
  await expect(operations.rollback(server.alice, app, 1)).rejects.toMatchObject({
    reason: {
      hint: `build it again with today's config, which differs from that of v1 in A: sluice builds:create --commit ${first} -a shop`,
    },
  });
  const what = { commit: first as string, noCache: false, now: true };
  const build = await operations.rebuild(server.alice, app, what);
  await server.build(build, 'image-1');
  await server.context.followEnd(build.id, 'live');
  expect(liveSpec()).toMatchObject({ image: 'image-1' });
});

test('its story warns of release commands that it goes back across, whether they went live or not', async () => {
  const files = { ...FILES, Procfile: 'web: serve\nrelease: migrate\n' };
  const commits = await deployed(['image-1', 'image-2'], files);
  server.engine.behave('bad', 'crashes');
  await server.deploy(app, await server.commit(app, { ...files, b: 'ad' }, commits.at(-1)), 'bad');
  await server.settled(app);
  const notes = (release: ReleaseRow): string[] =>
    server.context.store.rollouts
      .events(rolloutOf(release).id)
      .flatMap(({ kind, text }) => (kind === 'note' ? [text] : []));
  const back = await rolledBack(1);
  expect(notes(back)).toEqual([
    expect.stringMatching(
      /^the release command of v2, v3 ran after v1 was made: .* v1 must get along with it$/,
    ),
  ]);
  // v2 is older than v3 only.
  expect(notes(await rolledBack(2))).toEqual([expect.stringMatching(/^the release command of v3 ran/)]);
  // v4 is v1's code, whatever its number.
  expect(notes(await rolledBack(4))).toEqual([
    expect.stringMatching(/^the release command of v2, v3 ran after v4/),
  ]);
});

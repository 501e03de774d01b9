import { readFile, rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { OPTIONS, TestServer } from '../../support/server.ts';
import type { AppRow } from '../../../server/store/apps.ts';

let server: TestServer;
let app: AppRow;
const FILES = { Dockerfile: 'FROM busybox:1\n' };
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(async () => {
  await server.remove();
});

test('an accepted push has a kept commit, a row, the head of its log, and a message in the queue', async () => {
  const commit = await server.commit(app, FILES);
  const build = await server.push(app, commit);
  expect(build).toMatchObject({ number: 1, state: 'queued', commit_id: commit });
  expect(await server.context.repositories.keptBuilds(app.id)).toEqual([build.id]);
  await eventually('it is queued', () =>
    server.queue.jobs.some((job) => job.buildId === build.id && job.attempt === 1),
  );
  expect(await server.context.buildLogs.size(build.id)).toBeGreaterThan(0);
});

test('a push that a crash left without a log has its beginning when the server is back, once', async () => {
  const build = await server.push(app, await server.commit(app, FILES));
  const { settings } = server.context;
  const file = `${settings.paths.buildLogs}/${build.id}.log`;
  const head = await readFile(file, 'utf8');
  expect(head).toMatch(/^-----> Build 1 of shop, commit [0-9a-f]{8}\n/);
  for (const lost of [true, false]) {
    await server.close();
    if (lost) await rm(file);
    await server.open();
    expect(await readFile(file, 'utf8')).toBe(head.split('\n', 1)[0] + '\n');
  }
});

test('the same commit attaches while it is under way, also while its release starts, and builds anew after it ended', async () => {
  server.engine.behave('image', 'waits');
  const commit = await server.commit(app, FILES);
  const first = await server.push(app, commit);
  const again = await server.context.operations.acceptPush(server.alice, app, {
    commit,
    old: '0'.repeat(40),
    options: OPTIONS,
  });
  expect(again).toMatchObject({ attached: true, build: { id: first.id } });
  await server.build(first, 'image');
  expect((await server.push(app, commit)).id).toBe(first.id);
  await server.context.operations.cancelBuild(server.alice, app, first);
  expect((await server.push(app, commit)).number).toBe(2);
});

test('a push of a commit that goes live while it is on its way follows that build, and builds nothing', async () => {
  const first = await server.deploy(app, await server.commit(app, FILES), 'one');
  const commit = await server.commit(app, { ...FILES, a: 'b' }, first.commit_id);
  const live = await server.deploy(app, commit, 'two');
  // The pusher was told of the branch while the first was live.
  const late = { commit, old: first.commit_id, options: OPTIONS };
  const again = await server.context.operations.acceptPush(server.alice, app, late);
  expect(again).toMatchObject({ attached: true, build: { id: live.id } });
  await server.context.followEnd(live.id, 'live');
  // What was live before is a way back, and built as any other commit.
  const back = { commit: first.commit_id, old: commit, options: OPTIONS };
  expect(await server.context.operations.acceptPush(server.alice, app, back)).toMatchObject({
    attached: false,
    build: { number: 3 },
  });
});

test('a front that asks twice for one push gets one build, even when that has ended meanwhile', async () => {
  const commit = await server.commit(app, FILES);
  const push = { commit, old: '0'.repeat(40), options: OPTIONS, pushId: 'p1' };
  const { build } = await server.context.operations.acceptPush(server.alice, app, push);
  await server.context.operations.cancelBuild(server.alice, app, build);
  const repeated = await server.context.operations.acceptPush(server.alice, app, push);
  expect(repeated.build.id).toBe(build.id);
});

test('a push that does not contain the one under way is refused, with what replaces it; supersede and force replace it', async () => {
  const base = await server.commit(app, FILES);
  await server.deploy(app, base, 'image-1');
  const one = await server.commit(app, { ...FILES, a: '1' }, base);
  const other = await server.commit(app, { ...FILES, b: '2' }, base);
  const first = await server.push(app, one, { old: base });
  await expect(server.push(app, other, { old: base })).rejects.toMatchObject({
    reason: { code: 'not_descendant', hint: expect.stringContaining('-o supersede') },
  });
  const second = await server.push(app, other, { old: base, options: { supersede: true } });
  expect(server.context.store.builds.require(first.id)).toMatchObject({
    state: 'superseded',
    superseded_by: second.number,
  });
  const rewound = await server.commit(app, { ...FILES, c: '3' });
  expect((await server.push(app, rewound, { old: base })).number).toBe(4);
});

test('going back to an older commit under way is a new build: the newest push wins', async () => {
  server.engine.behave('image-1', 'waits');
  const one = await server.commit(app, FILES);
  const first = await server.push(app, one);
  await server.build(first, 'image-1');
  const two = await server.commit(app, { ...FILES, a: 'b' }, one);
  const second = await server.push(app, two);
  const back = await server.push(app, one, { options: { supersede: true } });
  expect(back.number).toBe(3);
  expect(server.context.store.builds.require(second.id).state).toBe('superseded');
});

test('a repository that cannot be built is refused with file, line and what would be right, and leaves nothing', async () => {
  const commit = await server.commit(app, { ...FILES, 'sluice.yaml': 'web:\n  port: many\n' });
  await expect(server.push(app, commit)).rejects.toMatchObject({
    reason: { code: 'repository_invalid', detail: [expect.stringMatching(/^sluice\.yaml:2: /)] },
  });
  expect(server.context.store.builds.newestNumber(app.id)).toBe(0);
  expect(await server.context.repositories.keptBuilds(app.id)).toEqual([]);
});

test('a hidden ref whose row a crash has lost is gone after the next start', async () => {
  const commit = await server.commit(app, FILES);
  await server.context.repositories.keepBuild(app.id, 'lostbuild1234567', commit);
  const build = await server.push(app, commit);
  await server.close();
  await server.open();
  await eventually('only the known one is kept', async () => {
    expect(await server.context.repositories.keptBuilds(app.id)).toEqual([build.id]);
    return true;
  });
});

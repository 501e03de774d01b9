import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { COMMIT, makeBuild, makeRelease } from './support/rows.ts';
import { startPlatform } from './support/platform.ts';
import { getSlowly } from './support/raw-request.ts';
import { steady } from './support/steady.ts';

async function shop() {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  return { platform, olga, app, client: platform.as(olga) };
}

function numbers(items: { number: number }[]): number[] {
  return items.map(({ number }) => number);
}

test('builds are listed newest first, in pages', async () => {
  const { platform, olga, app, client } = await shop();
  for (let n = 0; n < 5; n++) makeBuild(platform.store, app, { person: olga });
  const { body: first } = await client.get('/v1/apps/shop/builds?limit=3').expect(200);
  expect(numbers(first.items)).toEqual([5, 4, 3]);
  const { body: second } = await client.get(`/v1/apps/shop/builds?limit=3&cursor=${first.next}`).expect(200);
  expect(numbers(second.items)).toEqual([2, 1]);
  expect(second.next).toBeUndefined();
  const { body: whole } = await client.get('/v1/apps/shop/builds?limit=5').expect(200);
  expect(whole.next).toBeUndefined();
});

test('a build shows its push, its end and its release', async () => {
  const { platform, olga, app, client } = await shop();
  const build = makeBuild(platform.store, app, { person: olga, note: 'mends the basket' });
  platform.store.builds.move(build.id, 'test');
  platform.store.builds.move(build.id, 'build');
  platform.store.builds.move(build.id, 'succeed');
  makeRelease(platform.store, app, { person: olga, build, live: true });
  const { body } = await client.get('/v1/apps/shop/builds/1').expect(200);
  expect(body).toEqual({
    id: build.id,
    number: 1,
    commit: COMMIT,
    branch: 'main',
    source: 'push',
    state: 'succeeded',
    attempt: 1,
    person: 'olga',
    note: 'mends the basket',
    release: 1,
    createdAt: expect.any(String),
    startedAt: expect.any(String),
    finishedAt: expect.any(String),
  });
});

test('a failed build says why', async () => {
  const { platform, olga, app, client } = await shop();
  const build = makeBuild(platform.store, app, { person: olga });
  const reason = { code: 'test_failed', message: 'the tests failed', hint: 'sluice builds:log 1' };
  platform.store.builds.move(build.id, 'fail', { reason });
  const { body } = await client.get('/v1/apps/shop/builds/1').expect(200);
  expect(body).toMatchObject({ state: 'failed', reason });
});

test('a build that is not there, or not a number, is refused', async () => {
  const { client } = await shop();
  const { body: missing } = await client.get('/v1/apps/shop/builds/7').expect(404);
  expect(missing.reason).toMatchObject({
    code: 'build_not_found',
    hint: expect.stringContaining('sluice builds -a shop'),
  });
  const { body: word } = await client.get('/v1/apps/shop/builds/latest').expect(422);
  expect(word.reason.detail).toEqual([expect.stringMatching(/^number: .*expected number/)]);
});

test('a commit is built again, with and without being named', async () => {
  const { platform, client } = await shop();
  await client.post('/v1/apps/shop/builds').expect(202);
  const { body } = await client
    .post('/v1/apps/shop/builds')
    .send({ commit: 'a'.repeat(40), noCache: true })
    .expect(202);
  expect(body).toMatchObject({ number: 2, commit: 'a'.repeat(40), source: 'api', state: 'queued' });
  expect(platform.operations.calls.map(({ what }) => what)).toEqual([
    { noCache: false, now: false },
    { commit: 'a'.repeat(40), noCache: true, now: false },
  ]);
});

test('a build is cancelled', async () => {
  const { platform, olga, app, client } = await shop();
  makeBuild(platform.store, app, { person: olga });
  const { body } = await client.post('/v1/apps/shop/builds/1/cancel').expect(202);
  expect(body.state).toBe('cancelled');
});

test('the log comes as the bytes that were written, from any offset', async () => {
  const { platform, olga, app, client } = await shop();
  const build = makeBuild(platform.store, app, { person: olga });
  await platform.buildLogs.append(build.id, 'step 1\nstep 2 ü\n');
  const whole = await client.get('/v1/apps/shop/builds/1/log').expect(200);
  expect(whole.text).toBe('step 1\nstep 2 ü\n');
  expect(whole.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect((await client.get('/v1/apps/shop/builds/1/log?offset=7')).text).toBe('step 2 ü\n');
  expect((await client.get('/v1/apps/shop/builds/1/log?offset=999')).text).toBe('');
  expect(platform.follows).toEqual([]);
});

test('a followed log goes on until the build and its rollout have ended', async () => {
  const { platform, olga, app } = await shop();
  const build = makeBuild(platform.store, app, { person: olga });
  await platform.buildLogs.append(build.id, 'first\n');
  const response = await getSlowly(platform.socketPath, '/v1/apps/shop/builds/1/log?follow=true', olga);
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await vi.waitFor(() => expect(text).toBe('first\n'));
  await platform.buildLogs.append(build.id, 'second\n');
  await vi.waitFor(() => expect(text).toBe('first\nsecond\n'));
  expect(platform.follows).toMatchObject([{ buildId: build.id, until: 'live' }]);
  const ended = once(response, 'end');
  await platform.buildLogs.append(build.id, 'last\n');
  platform.follows[0]?.over.resolve();
  await ended;
  expect(text).toBe('first\nsecond\nlast\n');
});

test('a log is read no faster than its reader, and not at all once the reader has left', async () => {
  const { platform, olga, app } = await shop();
  const build = makeBuild(platform.store, app, { person: olga });
  await platform.buildLogs.append(build.id, 'x'.repeat(32 * 1024 * 1024));
  const read = platform.buildLogs.read.bind(platform.buildLogs);
  let log: ReturnType<typeof read> | undefined;
  let taken = 0;
  vi.spyOn(platform.buildLogs, 'read').mockImplementation((...given) => {
    log = read(...given);
    const push = log.push.bind(log);
    log.push = (chunk: Buffer | null) => {
      taken += chunk?.length ?? 0;
      return push(chunk);
    };
    return log;
  });
  const response = await getSlowly(platform.socketPath, '/v1/apps/shop/builds/1/log', olga);
  // Nobody reads the response: the log stops being read once the buffers on the way are full.
  await steady(() => taken);
  expect(taken).toBeLessThan(8 * 1024 * 1024);
  response.destroy();
  await vi.waitFor(() => expect(log?.destroyed).toBe(true));
  expect(taken).toBeLessThan(8 * 1024 * 1024);
});

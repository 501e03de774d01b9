import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import type { LogLine } from '../../../engines/port.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import { makeRelease } from './support/rows.ts';
import { startPlatform } from './support/platform.ts';
import { getSlowly } from './support/raw-request.ts';
import { steady } from './support/steady.ts';

const line = (text: string, source = 'web.1'): LogLine => ({ at: 1_000, release: 4, source, text });

async function shop() {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  const open = (query: string) => getSlowly(platform.socketPath, `/v1/apps/shop/logs?${query}`, olga);
  return { platform, client: platform.as(olga), open };
}

test('log lines are JSON, one a line', async () => {
  const { platform, client } = await shop();
  platform.workloads.lines = [line('old'), line('one'), line('two\nhalves', 'worker.1')];
  const answer = await client.get('/v1/apps/shop/logs?tail=2').buffer(true).expect(200);
  expect(answer.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
  const entries = answer.text
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as unknown);
  expect(entries).toEqual([
    { at: '1970-01-01T00:00:01.000Z', release: 4, source: 'web.1', text: 'one' },
    { at: '1970-01-01T00:00:01.000Z', release: 4, source: 'worker.1', text: 'two\nhalves' },
  ]);
});

test('secrets stay out of log lines, of what ails a process, and of refusals', async () => {
  const { platform, client } = await shop();
  const app = platform.store.apps.byName('shop') as AppRow;
  const person = platform.person('rita');
  platform.store.configs.add(app, { PASSWORD: { value: 'correct horse', secret: true } }, person.id);
  platform.workloads.lines = [line('url ?p=correct%20horse'), line('Y29ycmVjdCBob3JzZQ==')];
  const { text } = await client.get('/v1/apps/shop/logs').buffer(true).expect(200);
  expect([...text.matchAll(/"text":"(.*?)"/g)].map(([, said]) => said)).toEqual([
    'url ?p=[PASSWORD]',
    '[PASSWORD]Q==',
  ]);
  const release = makeRelease(platform.store, app, { person, live: true });
  const crash = { code: 'exited', message: 'exit code 1', detail: ['no: correct horse'] };
  platform.workloads.replicas = [
    {
      appId: app.id,
      releaseId: release.id,
      process: 'web',
      index: 1,
      name: 'web-1',
      state: 'failed',
      restarts: 3,
      reason: crash,
    },
  ];
  const ps = await client.get('/v1/apps/shop/ps').expect(200);
  expect(ps.text).toContain('no: [PASSWORD]');
  expect(ps.text).not.toContain('correct horse');
  vi.spyOn(platform.workloads, 'observe').mockRejectedValue(
    new Refusal(503, 'engine_unreachable', 'the engine says: correct horse', 'correct+horse', [
      'correct horse',
    ]),
  );
  const refused = await client.get('/v1/apps/shop/ps').expect(503);
  expect(refused.body.reason).toEqual({
    code: 'engine_unreachable',
    message: 'the engine says: [PASSWORD]',
    hint: '[PASSWORD]',
    detail: ['[PASSWORD]'],
  });
});

test('tail, follow and process are passed on, tail being 100 by itself', async () => {
  const { platform, client } = await shop();
  await client.get('/v1/apps/shop/logs?process=worker').expect(200);
  expect(platform.workloads.logOptions).toEqual([
    { tail: 100, follow: false, process: 'worker', signal: expect.any(AbortSignal) },
  ]);
});

test('since and level are passed on, and nothing else is taken for them', async () => {
  const { platform, client } = await shop();
  await client.get('/v1/apps/shop/logs?since=2026-11-21T10:00:00%2B01:00&level=warn').expect(200);
  expect(platform.workloads.logOptions).toEqual([
    {
      tail: 100,
      follow: false,
      since: Date.parse('2026-11-21T09:00:00Z'),
      level: 'warn',
      signal: expect.any(AbortSignal),
    },
  ]);
  for (const wrong of ['since=10m', 'since=', 'level=loud']) {
    await client.get(`/v1/apps/shop/logs?${wrong}`).expect(422);
  }
});

test('lines of one release alone, which must be there', async () => {
  const { platform, client } = await shop();
  const { store } = platform;
  makeRelease(store, store.apps.byName('shop') as AppRow, { person: platform.person('rita') });
  await client.get('/v1/apps/shop/logs?release=1&process=web&follow=false').expect(200);
  expect(platform.workloads.logOptions).toEqual([
    { tail: 100, follow: false, process: 'web', release: 1, signal: expect.any(AbortSignal) },
  ]);
  const { body } = await client.get('/v1/apps/shop/logs?release=2').expect(404);
  expect(body.reason).toMatchObject({
    code: 'release_not_found',
    hint: expect.stringContaining('sluice releases'),
  });
  for (const wrong of ['v1', '0', '1.5', '']) {
    await client.get(`/v1/apps/shop/logs?release=${wrong}`).expect(422);
  }
  expect(platform.workloads.logOptions).toHaveLength(1);
});

test('a tail beyond the ring is refused', async () => {
  const { client } = await shop();
  const { body } = await client.get('/v1/apps/shop/logs?tail=10001').expect(422);
  expect(body.reason.detail).toEqual([expect.stringMatching(/^tail: .*10000/)]);
});

test('followed lines come as they are written, and following ends when the client leaves', async () => {
  const { platform, open } = await shop();
  const response = await open('follow=true&tail=0');
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await vi.waitFor(() => expect(platform.workloads.followers).toBe(1));
  platform.workloads.say(line('hello'));
  await vi.waitFor(() => expect(text).toContain('"text":"hello"'));
  response.destroy();
  await platform.workloads.followersLeft.promise;
  expect(platform.logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

test('lines are taken no faster than the client reads them', async () => {
  const { platform, open } = await shop();
  platform.workloads.lines = Array.from({ length: 10_000 }, () => line('x'.repeat(2_000)));
  const response = await open('tail=10000');
  expect(await steady(() => platform.workloads.taken)).toBeLessThan(5_000);
  response.resume();
  await once(response, 'end');
  expect(platform.workloads.taken).toBe(10_000);
});

test('an engine that cannot be reached is a problem before the first line, and a cut answer after it', async () => {
  const { platform, client, open } = await shop();
  vi.spyOn(platform.workloads, 'logs').mockImplementationOnce(() => {
    throw new Error('connect ECONNREFUSED /var/run/docker.sock');
  });
  const { body, text } = await client.get('/v1/apps/shop/logs').expect(500);
  expect(body.reason.code).toBe('internal_error');
  expect(text).not.toContain('docker.sock');
  vi.spyOn(platform.workloads, 'logs').mockImplementationOnce(async function* () {
    yield line('one');
    throw new Error('connection lost');
  });
  const response = await open('');
  await new Promise<void>((resolve) => {
    response.resume().once('close', resolve);
  });
  expect(response.complete).toBe(false);
});

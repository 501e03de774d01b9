import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startPlatform } from './support/platform.ts';
import { getSlowly } from './support/raw-request.ts';
import { refusalOf } from './support/run-client.ts';

const LIMITS = { reads: 3, writes: 2, streams: 1 };

test('each answer says how much may be asked and what is left; over it, when to come back', async () => {
  const platform = await startPlatform({ rateLimits: LIMITS });
  const client = platform.tcp(platform.token(platform.person('olga')));
  const { headers } = await client.get('/v1/me').expect(200);
  expect(headers['ratelimit-policy']).toBe('"reads";q=3;w=60');
  expect(headers['ratelimit']).toMatch(/^"reads";r=2;t=\d+$/);
  await client.get('/v1/apps/nothing').expect(404);
  await client.get('/v1/me').expect(200);
  const over = await client.get('/v1/me').expect(429);
  expect(over.body.reason).toMatchObject({
    code: 'rate_limited',
    hint: expect.stringMatching(/^wait \d+ s/),
  });
  expect(over.headers['ratelimit']).toMatch(/^"reads";r=0;t=\d+$/);
  const wait = Number(over.headers['retry-after']);
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(60);
});

test('reads and writes have buckets of their own', async () => {
  const platform = await startPlatform({ rateLimits: LIMITS });
  const client = platform.tcp(platform.token(platform.person('olga')));
  for (let n = 0; n < 2; n++) await client.post('/v1/apps').send({ name: '-' }).expect(422);
  const { headers } = await client.post('/v1/apps').send({ name: 'shop' }).expect(429);
  expect(headers['ratelimit-policy']).toBe('"writes";q=2;w=60');
  await client.get('/v1/me').expect(200);
  expect(platform.operations.calls).toEqual([]);
});

test('a token is one client, however its header is written', async () => {
  const platform = await startPlatform({ rateLimits: LIMITS });
  const token = platform.token(platform.person('olga'));
  const statuses: number[] = [];
  for (const scheme of ['Bearer ', 'bearer ', 'BEARER  ', 'bEARER   ']) {
    const { status } = await platform.tcp().get('/v1/me').set('Authorization', `${scheme}${token}`);
    statuses.push(status);
  }
  expect(statuses).toEqual([200, 200, 200, 429]);
});

test('what one uses up is not missing to another: token, person, or root', async () => {
  const platform = await startPlatform({ rateLimits: { reads: 1, writes: 1, streams: 1 } });
  const [olga, dan] = [platform.person('olga'), platform.person('dan')];
  const first = platform.tcp(platform.token(olga));
  await first.get('/v1/me').expect(200);
  await first.get('/v1/me').expect(429);
  await platform.tcp(platform.token(olga)).get('/v1/me').expect(200);
  await platform.as(olga).get('/v1/me').expect(200);
  await platform.as(olga).get('/v1/me').expect(429);
  await platform.as(dan).get('/v1/me').expect(200);
  for (let n = 0; n < 5; n++) {
    const { headers } = await platform.root.get('/v1/me').expect(200);
    expect(headers['ratelimit']).toBeUndefined();
  }
});

test('strangers are counted by their address, and lock out nobody who is known', async () => {
  const platform = await startPlatform({ rateLimits: LIMITS });
  const stranger = platform.tcp();
  const statuses = new Set<number>();
  for (let n = 0; n < 121; n++) statuses.add((await stranger.get('/v1/me')).status);
  expect([...statuses]).toEqual([401, 429]);
  expect((await stranger.get('/v1/me')).headers['retry-after']).toMatch(/^\d+$/);
  await platform
    .tcp(platform.token(platform.person('olga')))
    .get('/v1/me')
    .expect(200);
});

test('a client has so many answers open at a time, and gets its place back when one ends', async () => {
  const platform = await startPlatform({ rateLimits: { ...LIMITS, reads: 0 } });
  const olga = platform.person('olga');
  platform.app('shop', olga);
  const following = await getSlowly(platform.socketPath, '/v1/apps/shop/logs?follow=true', olga);
  onTestFinished(() => void following.destroy());
  const refused = await platform.as(olga).get('/v1/apps/shop/logs').expect(429);
  expect(refused.body.reason.code).toBe('too_many_streams');
  expect(refused.headers['retry-after']).toBe('5');
  // Commands that run count, too.
  expect(await refusalOf(platform, { command: ['true'] }, { by: olga })).toMatchObject({
    status: 429,
    reason: { code: 'too_many_streams' },
  });
  await platform.as(olga).get('/v1/apps/shop').expect(200);
  following.destroy();
  await once(following, 'close');
  await vi.waitFor(() => platform.as(olga).get('/v1/apps/shop/logs').expect(200));
  await platform.as(olga).get('/v1/apps/shop/logs').expect(200);
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { Router } from 'express';
import { expect, test } from 'vitest';
import { GitError } from '../../../server/tree/git.ts';
import { startPlatform } from './support/platform.ts';

test('an unknown route is a problem that names where all routes are', async () => {
  const platform = await startPlatform();
  for (const path of ['/', '/v1', '/v1/nothing', '/v2/apps', '/v1/apps/shop/nothing']) {
    const { body, type } = await platform.root.get(path).expect(404);
    expect(type).toBe('application/problem+json');
    expect(body.reason).toMatchObject({
      code: 'route_not_found',
      hint: expect.stringContaining('/v1/openapi.json'),
    });
  }
});

test('each path has one spelling, with no slash behind it and no capitals', async () => {
  const platform = await startPlatform();
  for (const path of [
    '/v1/me/',
    '/V1/me',
    '/v1/ME',
    '/HEALTHZ',
    '/healthz/',
    '/metrics/',
    '/v1/openapi.json/',
  ]) {
    const { body } = await platform.root.get(path).expect(404);
    expect(body.reason.code).toBe('route_not_found');
  }
});

test('a method that a path does not have is refused with those that it has, known or not who asks', async () => {
  const platform = await startPlatform();
  for (const client of [platform.root, platform.tcp()]) {
    const { body, headers } = await client.put('/v1/apps').expect(405);
    expect(headers['allow']).toBe('GET, HEAD, OPTIONS, POST');
    expect(body.reason).toMatchObject({
      code: 'method_not_allowed',
      hint: expect.stringContaining('GET, HEAD, OPTIONS, POST'),
    });
    expect((await client.options('/v1/apps/shop').expect(204)).headers['allow']).toBe(
      'DELETE, GET, HEAD, OPTIONS, PATCH',
    );
  }
  await platform.root.head('/v1/apps').expect(200);
});

test.each([
  ['/v1/apps/shop/config', 'patch', { values: {}, ifversion: 3 }, 'ifVersion'],
  ['/v1/apps/shop/builds', 'post', { nocache: true }, 'noCache'],
  ['/v1/apps/shop/builds', 'post', { fetch: { rev: 'main' } }, 'ref'],
] as const)(
  '%s: a field that is not there is refused, and the one that was meant is named',
  async (path, method, sent, meant) => {
    const platform = await startPlatform();
    platform.app('shop', platform.person('olga'));
    const { body } = await platform.root[method](path).send(sent).expect(422);
    expect(body.reason).toMatchObject({
      code: 'invalid_request',
      detail: [expect.stringContaining(`did you mean ${meant}?`)],
    });
    expect(platform.operations.calls).toEqual([]);
  },
);

test.each([
  ['a key', '{"values": {"A": "1", "__proto__": "x"}}'],
  ['a field', '{"values": {"A": "1"}, "__proto__": {"now": true}}'],
])('__proto__ as %s is refused, not left out', async (_what, sent) => {
  const platform = await startPlatform();
  platform.app('shop', platform.person('olga'));
  const patch = platform.root.patch('/v1/apps/shop/config').set('Content-Type', 'application/json');
  const { body } = await patch.send(sent).expect(422);
  expect(body.reason).toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('__proto__'),
  });
  expect(platform.operations.calls).toEqual([]);
});

test('a body that is not JSON is a problem', async () => {
  const platform = await startPlatform();
  const post = () => platform.root.post('/v1/apps').set('Content-Type', 'application/json');
  expect((await post().send('{"name":').expect(400)).body.reason.code).toBe('invalid_json');
  expect((await post().send('"shop"').expect(400)).body.reason.code).toBe('invalid_json');
  const list = (await post().send('[]').expect(422)).body;
  expect(list.reason.detail).toEqual([expect.stringMatching(/^body: .*expected object/)]);
  const form = await platform.root.post('/v1/apps').type('form').send('name=shop').expect(415);
  expect(form.body.reason.code).toBe('json_needed');
  const charset = await platform.root
    .post('/v1/apps')
    .set('Content-Type', 'application/json; charset=x-odd')
    .send('{}')
    .expect(415);
  expect(charset.body.reason.code).toBe('charset_unsupported');
  const encoding = await post().set('Content-Encoding', 'x-odd').send('{}').expect(415);
  expect(encoding.body.reason.code).toBe('encoding_unsupported');
  const broken = await post().set('Content-Encoding', 'gzip').send('no gzip').expect(400);
  expect(broken.body.reason.code).toBe('invalid_body');
  expect(platform.operations.calls).toEqual([]);
});

test('a body over 1 MiB is refused, also when it only becomes so large when unpacked', async () => {
  const platform = await startPlatform();
  const large = JSON.stringify({ name: 'x'.repeat(1024 * 1024) });
  const { body } = await platform.root
    .post('/v1/apps')
    .set('Content-Type', 'application/json')
    .send(large)
    .expect(413);
  expect(body.reason).toMatchObject({ code: 'body_too_large', message: expect.stringContaining('1048576') });
  const bomb = platform.root
    .post('/v1/apps')
    .set('Content-Type', 'application/json')
    .set('Content-Encoding', 'gzip');
  bomb.write(gzipSync(large));
  expect((await bomb.expect(413)).body.reason.code).toBe('body_too_large');
});

test('a path that is not well encoded is a problem', async () => {
  const platform = await startPlatform();
  const socket = connect(platform.socketPath);
  socket.end('GET /v1/apps/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"code":"invalid_path"');
});

test('an unexpected error leaks nothing, and its id finds the cause in the log', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  platform.operations.refusal = new TypeError('cannot read /etc/shadow');
  const { body, text: raw } = await platform.as(olga).post('/v1/apps/shop/rollback').expect(500);
  expect(raw).not.toMatch(/shadow|TypeError|\.ts/);
  expect(body.reason.code).toBe('internal_error');
  const id = /^urn:sluice:error:(\w{16})$/.exec(body.instance)?.[1];
  expect(body.reason.hint).toContain(id);
  const line = platform.logged.find(({ errorId }) => errorId === id);
  expect(line).toMatchObject({
    level: 50,
    method: 'POST',
    path: '/v1/apps/shop/rollback',
    err: { message: 'cannot read /etc/shadow' },
  });
});

test.each([
  Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 }),
  Object.assign(new Error('write'), { code: 'ENOSPC' }),
  new GitError('git init ended with 1', 1, 'error: unable to write symref: No space left on device'),
  new Error('could not', { cause: Object.assign(new Error('write'), { code: 'ENOSPC' }) }),
])('a full disk is told as that: %s', async (error) => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  platform.operations.refusal = error;
  const { body } = await platform.as(olga).post('/v1/apps/shop/rollback').expect(507);
  expect(body.reason).toMatchObject({ code: 'disk_full', hint: expect.stringContaining('sluice doctor') });
  expect(
    platform.logged.find(({ errorId }) => body.instance === `urn:sluice:error:${String(errorId)}`),
  ).toBeDefined();
});

test('answers carry the usual guards and do not say what serves them', async () => {
  const platform = await startPlatform();
  const { headers } = await platform.root.get('/v1/me').expect(200);
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  expect(headers['x-powered-by']).toBeUndefined();
});

test('healthz says that the process is up, readyz whether it can work', async () => {
  const failing = {
    engine: async () => undefined,
    router: () => Promise.reject(new Error('no socket at /secret/path')),
  };
  const platform = await startPlatform({ ready: failing });
  await platform.tcp().get('/healthz').expect(200, { ok: true });
  const { body, text: raw } = await platform.tcp().get('/readyz').expect(503);
  expect(body).toEqual({ ok: false, checks: { engine: true, router: false } });
  expect(raw).not.toContain('/secret/path');
  expect(platform.logged).toContainEqual(expect.objectContaining({ check: 'router', msg: 'not ready' }));
  const ready = await startPlatform({ ready: { engine: async () => undefined } });
  await ready
    .tcp()
    .get('/readyz')
    .expect(200, { ok: true, checks: { engine: true } });
});

test('a part that does not answer is not ready', async () => {
  const platform = await startPlatform({ ready: { engine: () => new Promise(() => undefined) } });
  await platform
    .tcp()
    .get('/readyz')
    .expect(503, { ok: false, checks: { engine: false } });
});

test('the internal routes are not there but on the unix socket', async () => {
  const internal = Router();
  internal.post('/ping', (_request, response) => void response.json({ pong: true }));
  const platform = await startPlatform({ internal });
  await platform.root.post('/internal/ping').expect(200, { pong: true });
  const { body } = await platform
    .tcp(platform.token(platform.person('ada', { admin: true })))
    .post('/internal/ping')
    .expect(404);
  expect(body.reason.code).toBe('route_not_found');
});

test('a request that is cut off does no harm', async () => {
  const platform = await startPlatform();
  const socket = connect(platform.socketPath);
  socket.write(
    'POST /v1/apps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"na',
  );
  await once(socket, 'connect');
  socket.destroy();
  await platform.root.get('/v1/me').expect(200);
  expect(platform.operations.calls).toEqual([]);
  expect(platform.logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

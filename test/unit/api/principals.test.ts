import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { PERSON_HEADER } from '../../../core/contracts/internal.ts';
import { responseOf } from './support/raw-request.ts';
import { startPlatform } from './support/platform.ts';

test('a token is its person over TCP', async () => {
  const platform = await startPlatform();
  const vic = platform.person('vic');
  const { body } = await platform.tcp(platform.token(vic)).get('/v1/me').expect(200);
  expect(body.name).toBe('vic');
});

test('the person header counts for nothing over TCP', async () => {
  const platform = await startPlatform();
  const ada = platform.person('ada', { admin: true });
  const vic = platform.person('vic');
  const { body } = await platform.tcp().get('/v1/me').set(PERSON_HEADER, ada.id).expect(401);
  expect(body.reason.code).toBe('token_missing');
  const { body: me } = await platform
    .tcp(platform.token(vic))
    .get('/v1/me')
    .set(PERSON_HEADER, ada.id)
    .expect(200);
  expect(me.name).toBe('vic');
});

test('without a header the unix socket is root, with one it never is', async () => {
  const platform = await startPlatform();
  expect((await platform.root.get('/v1/me').expect(200)).body).toMatchObject({ name: 'root', admin: true });
  for (const id of ['', 'rootofthemachine', 'nobody']) {
    const { body } = await platform.root.get('/v1/me').set(PERSON_HEADER, id).expect(401);
    expect(body.reason.code, id).toBe('person_unknown');
  }
});

test('a person header that comes twice is nobody', async () => {
  const platform = await startPlatform();
  const ada = platform.person('ada', { admin: true });
  const asked = request({ socketPath: platform.socketPath, path: '/v1/me' });
  asked.setHeader(PERSON_HEADER, [ada.id, ada.id]);
  asked.end();
  const response = await responseOf(asked);
  expect(response.statusCode).toBe(401);
  expect(await json(response)).toMatchObject({ reason: { code: 'person_unknown' } });
});

test('a token on the unix socket is its person, and a wrong one is not root', async () => {
  const platform = await startPlatform();
  const token = platform.token(platform.person('vic'));
  const ok = await platform.root.get('/v1/me').set('Authorization', `Bearer ${token}`).expect(200);
  expect(ok.body.name).toBe('vic');
  await platform.root.get('/v1/me').set('Authorization', 'Bearer wrong').expect(401);
});

test.each(['X-Forwarded-For', 'Forwarded', 'Via', 'X-Forwarded-Host'])(
  'what a proxy passes on (%s) is not root',
  async (header) => {
    const platform = await startPlatform();
    const { body } = await platform.root.get('/v1/me').set(header, '203.0.113.9').expect(401);
    expect(body.reason.code).toBe('token_missing');
  },
);

test('a token that has ended, is wrong or is no bearer token is refused with what to type', async () => {
  const platform = await startPlatform();
  const ended = platform.token(platform.person('vic'), Date.now() - 1);
  for (const header of [`Bearer ${ended}`, 'Bearer nonsense', 'Bearer ', 'Basic dmljOng=', '']) {
    const answer = await platform.tcp().get('/v1/me').set('Authorization', header).expect(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.body.reason.hint).toContain('SLUICE_TOKEN');
  }
});

test('too many wrong tokens are turned away for a while; a right one is still served', async () => {
  const platform = await startPlatform();
  const token = platform.token(platform.person('vic'));
  const codes: string[] = [];
  for (let n = 0; n < 25; n++) {
    const { body } = await platform.tcp('wrong').get('/v1/me');
    codes.push(body.reason.code);
  }
  expect(codes.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'token_invalid'));
  expect(codes.slice(20)).toEqual(Array.from({ length: 5 }, () => 'too_many_failures'));
  const { body } = await platform.tcp('wrong').get('/v1/me').expect(429);
  expect(body.reason.hint).toMatch(/^try again in \d+ s/);
  await platform.tcp(token).get('/v1/me').expect(200);
});

test('who asks is decided for each request of a kept connection anew', async () => {
  const platform = await startPlatform();
  const [vic, dan] = [platform.person('vic'), platform.person('dan')];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const names: unknown[] = [];
  for (const person of [vic, dan, undefined, vic]) {
    const headers = person ? { [PERSON_HEADER]: person.id } : {};
    const asked = request({ socketPath: platform.socketPath, path: '/v1/me', agent, headers });
    asked.end();
    const response = await responseOf(asked);
    names.push(((await json(response)) as { name: string }).name);
  }
  agent.destroy();
  expect(names).toEqual(['vic', 'dan', 'root', 'vic']);
});

import { expect, test } from 'vitest';
import { tokenShape } from '../../../core/bearer-token.ts';
import { TOKEN_LIFE } from '../../../core/contracts/resources.ts';
import { eventually } from '../../support/eventually.ts';
import { type Platform, startPlatform } from './support/platform.ts';

/** A platform with an admin who owns one app and a deployer in another person's. */
async function office() {
  const platform = await startPlatform();
  const [ada, dan, olga] = [
    platform.person('ada', { admin: true }),
    platform.person('dan'),
    platform.person('olga'),
  ];
  const [shop, blog] = [platform.app('shop', olga), platform.app('blog', olga)];
  platform.store.people.setRole(shop.id, dan.id, 'deployer');
  return { platform, ada, dan, olga, shop, blog };
}

async function made(platform: Platform, by: Parameters<Platform['as']>[0], body: object) {
  return (await platform.as(by).post('/v1/tokens').send(body).expect(201)).body as {
    id: string;
    token: string;
    name: string;
    expiresAt?: string;
  };
}

test('a token is shown once, kept as its hash, and is its person', async () => {
  const { platform, dan } = await office();
  const { token, id, name, expiresAt } = await made(platform, dan, {});
  expect(tokenShape(token)).toBe('whole');
  expect(name).toBe('token-1');
  const life = Date.parse(expiresAt ?? '') - Date.now();
  expect(Math.abs(life - TOKEN_LIFE * 1000)).toBeLessThan(60_000);
  const { body: me } = await platform.tcp(token).get('/v1/me').expect(200);
  expect(me).toMatchObject({ name: 'dan', kind: 'person', admin: false, token: { id, name } });
  const { body: list } = await platform.as(dan).get('/v1/tokens').expect(200);
  expect(list.items).toHaveLength(1);
  expect(JSON.stringify([list, platform.events(), platform.logged])).not.toContain(token.slice(4, 20));
  for (const { name: table } of platform.store.db.all<{ name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'table'",
  )) {
    expect(JSON.stringify(platform.store.db.all(`SELECT * FROM ${table}`)), table).not.toContain(token);
  }
});

test('no copy of a token is kept for an Idempotency-Key', async () => {
  const { platform, dan } = await office();
  const ask = () => platform.as(dan).post('/v1/tokens').set('Idempotency-Key', 'k1').send({});
  const first = await ask().expect(201);
  const again = await ask().expect(409);
  expect(again.body.reason.code).toBe('idempotency_answer_secret');
  expect(JSON.stringify(platform.store.db.all('SELECT * FROM idempotency'))).not.toContain(first.body.token);
});

test.each(['viewer', 'deployer', 'owner'] as const)(
  'a token held to %s gives nobody more than it is',
  async (held) => {
    const { platform, ada, olga, dan } = await office();
    platform.person('eve');
    for (const by of [ada, olga]) {
      const { token } = await made(platform, by, { apps: ['shop'], role: held });
      const client = platform.tcp(token);
      for (const role of ['viewer', 'deployer', 'owner']) {
        const given = await client.put('/v1/apps/shop/members/eve').send({ role });
        expect({ role, status: given.status }).toEqual({ role, status: held === 'owner' ? 200 : 403 });
      }
      const taken = await client.delete(`/v1/apps/shop/members/${dan.name}`);
      expect(taken.status).toBe(held === 'owner' ? 204 : 403);
      platform.store.people.setRole(platform.store.apps.byName('shop')!.id, dan.id, 'deployer');
      await client.patch('/v1/people/eve').send({ admin: true }).expect(403);
    }
    const roles = platform.store.people.members(platform.store.apps.byName('shop')!.id);
    expect(roles.some(({ person }) => person === 'eve')).toBe(held === 'owner');
  },
);

test('a token held to an app and a role is that and no more', async () => {
  const { platform, ada, olga } = await office();
  const { token } = await made(platform, ada, { name: 'ci', apps: ['shop'], role: 'viewer' });
  const client = platform.tcp(token);
  const { body: me } = await client.get('/v1/me').expect(200);
  expect(me).toMatchObject({ name: 'ada', admin: false, token: { apps: ['shop'], role: 'viewer' } });
  const { body: apps } = await client.get('/v1/apps').expect(200);
  expect(apps.items).toMatchObject([{ name: 'shop', role: 'viewer' }]);
  await client.get('/v1/apps/blog').expect(404);
  const low = await client.get('/v1/apps/shop/config').expect(403);
  expect(low.body.reason).toMatchObject({
    code: 'role_too_low',
    message: 'the token ci is viewer of shop at most; this needs deployer',
    hint: 'make one that may: `sluice tokens:create --app shop --role deployer`',
  });
  for (const [method, path] of [
    ['post', '/v1/apps'],
    ['get', '/v1/keys'],
    ['post', '/v1/keys'],
    ['get', '/v1/tokens'],
    ['post', '/v1/tokens'],
    ['get', '/v1/doctor'],
  ] as const) {
    const { body } = await client[method](path).expect(403);
    expect(body.reason.code, path).toMatch(/^token_(limited|not_enough)$/);
  }
  // A role is a limit, not a gift.
  const wide = await made(platform, olga, { name: 'own', role: 'owner' });
  platform.store.people.setRole(platform.store.apps.byName('shop')!.id, olga.id, 'viewer');
  await platform.tcp(wide.token).get('/v1/apps/shop/config').expect(403);
});

test('a token of an admin that is held to some apps is an owner there and no admin', async () => {
  const { platform, ada } = await office();
  const { token } = await made(platform, ada, { apps: ['shop'] });
  const { body } = await platform.tcp(token).get('/v1/apps/shop').expect(200);
  expect(body.role).toBe('owner');
  const all = await made(platform, ada, { role: 'owner' });
  const { body: me } = await platform.tcp(all.token).get('/v1/me').expect(200);
  expect(me.admin).toBe(false);
});

test('an app that is destroyed leaves its tokens no wider', async () => {
  const { platform, olga, shop } = await office();
  const { token } = await made(platform, olga, { apps: ['shop'] });
  platform.store.apps.markDestroyed(shop.id);
  platform.app('shop', olga);
  const { body } = await platform.tcp(token).get('/v1/apps').expect(200);
  expect(body.items).toEqual([]);
});

test('no token makes a token or a key, not even one without limits of an admin', async () => {
  const { platform, ada } = await office();
  const { token } = await made(platform, ada, { expiresIn: 'never' });
  for (const path of ['/v1/tokens', '/v1/keys']) {
    const { body } = await platform.tcp(token).post(path).send({}).expect(403);
    expect(body.reason.code).toBe('token_not_enough');
  }
});

test('a token is not for an app that its maker may not see', async () => {
  const { platform, dan } = await office();
  const { body } = await platform
    .as(dan)
    .post('/v1/tokens')
    .send({ apps: ['blog'] })
    .expect(404);
  const { body: none } = await platform
    .as(dan)
    .post('/v1/tokens')
    .send({ apps: ['bloh'] })
    .expect(404);
  expect(body.reason.code).toBe('app_not_found');
  expect(String(body.reason.message).replace('blog', 'bloh')).toBe(none.reason.message);
  expect(body.reason.hint).toBe(none.reason.hint);
});

test('only an admin makes a token of another person', async () => {
  const { platform, ada, dan } = await office();
  const { body } = await platform.as(dan).post('/v1/tokens').send({ person: 'olga' }).expect(403);
  expect(body.reason.code).toBe('admin_only');
  const { token } = await made(platform, ada, { person: 'olga' });
  expect((await platform.tcp(token).get('/v1/me').expect(200)).body.name).toBe('olga');
  const root = await platform.root.post('/v1/tokens').send({}).expect(422);
  expect(root.body.reason.code).toBe('person_needed');
});

test('a token that is revoked, or whose person is removed, is refused at once', async () => {
  const { platform, dan, olga } = await office();
  const first = await made(platform, dan, { name: 'first' });
  await platform.as(dan).delete('/v1/tokens/first').expect(204);
  const { body } = await platform.tcp(first.token).get('/v1/me').expect(401);
  expect(body.reason).toMatchObject({ code: 'token_revoked', message: 'the token first was revoked' });
  expect((await platform.as(dan).get('/v1/tokens').expect(200)).body.items).toEqual([]);
  await made(platform, dan, { name: 'first' });
  const hers = await made(platform, olga, {});
  platform.store.people.remove(olga.id);
  await platform.tcp(hers.token).get('/v1/me').expect(401);
  expect(platform.events().map(({ action }) => action)).toEqual([
    'token.create',
    'token.revoke',
    'token.create',
    'token.create',
  ]);
});

test('a token that has ended says so to who holds all of it', async () => {
  const { platform, dan } = await office();
  const ended = platform.token(dan, Date.now() - 1);
  const { body } = await platform.tcp(ended).get('/v1/me').expect(401);
  expect(body.reason.code).toBe('token_expired');
  const { token } = await made(platform, dan, {});
  const cut = await platform.tcp(token.slice(0, -3)).get('/v1/me').expect(401);
  expect(cut.body.reason.message).toContain('cut off');
});

test('others see and revoke no token of mine; a limited token revokes itself alone', async () => {
  const { platform, ada, dan, olga } = await office();
  const mine = await made(platform, dan, { name: 'mine', role: 'viewer' });
  const other = await made(platform, dan, { name: 'other' });
  for (const id of [mine.id, 'mine', 'nothing']) {
    const { body } = await platform.as(olga).delete(`/v1/tokens/${id}`).expect(404);
    expect(body.reason.code).toBe('token_not_found');
  }
  await platform.tcp(mine.token).delete(`/v1/tokens/${other.id}`).expect(404);
  await platform.tcp(mine.token).delete(`/v1/tokens/${mine.id}`).expect(204);
  await platform.tcp(mine.token).get('/v1/me').expect(401);
  await platform.as(ada).delete(`/v1/tokens/${other.id}`).expect(204);
});

test('two tokens of one name are one too many', async () => {
  const { platform, dan, olga } = await office();
  await made(platform, dan, { name: 'ci' });
  const { body } = await platform.as(dan).post('/v1/tokens').send({ name: 'ci' }).expect(409);
  expect(body.reason.code).toBe('token_exists');
  await made(platform, olga, { name: 'ci' });
});

test('a token says when and from where it was last used, written once a minute', async () => {
  const { platform, dan } = await office();
  const { token, id } = await made(platform, dan, {});
  const row = () => platform.store.tokens.byId(id);
  expect(row()).toMatchObject({ last_used_at: null, last_used_from: null });
  await platform.tcp(token).get('/v1/me').expect(200);
  await eventually('the use is noted', () => row()?.last_used_at !== null);
  expect(row()?.last_used_from).toBe('127.0.0.1');
  const at = row()?.last_used_at ?? 0;
  platform.store.tokens.used(id, at - 50_000, '127.0.0.1');
  await platform.tcp(token).get('/v1/me').expect(200);
  await platform.tcp(token).get('/v1/me').expect(200);
  expect(row()?.last_used_at).toBe(at - 50_000);
  platform.store.tokens.used(id, at - 61_000, '127.0.0.1');
  await platform.tcp(token).get('/v1/me').expect(200);
  await eventually('the use is noted again', () => (row()?.last_used_at ?? 0) >= at);
  await platform.tcp(token).get('/v1/me').set('X-Forwarded-For', '10.0.0.1, 203.0.113.9').expect(200);
  await eventually('the other address is noted', () => row()?.last_used_from === '203.0.113.9 by 127.0.0.1');
});

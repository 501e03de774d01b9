import { expect, test } from 'vitest';
import { ADDRESS_HEADER, KEY_HEADER } from '../../../core/contracts/internal.ts';
import type { AuditEntry } from '../../../core/contracts/resources.ts';
import { parsePublicKey } from '../../../core/public-key.ts';
import { startPlatform } from './support/platform.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE olga@laptop';

async function office() {
  const platform = await startPlatform();
  const ada = platform.person('ada', { admin: true });
  const olga = platform.person('olga');
  const shop = platform.app('shop', olga);
  const vic = platform.person('vic', { in: shop, role: 'viewer' });
  const audit = async (path = '/v1/audit') =>
    (await platform.as(ada).get(path).expect(200)).body as {
      items: AuditEntry[];
      next?: string;
      head?: string;
    };
  return { platform, ada, olga, vic, shop, audit };
}

test('a row says who did it, by which key or token, and from where', async () => {
  const { platform, olga, shop, audit } = await office();
  const { fingerprint } = platform.store.people.addKey(olga.id, parsePublicKey(KEY));
  await platform
    .as(olga)
    .put('/v1/apps/shop/members/vic')
    .set({ [KEY_HEADER]: fingerprint, [ADDRESS_HEADER]: '203.0.113.9' })
    .send({ role: 'deployer' })
    .expect(200);
  await platform
    .tcp(platform.token(olga))
    .put('/v1/apps/shop/members/vic')
    .set({ [KEY_HEADER]: fingerprint, [ADDRESS_HEADER]: '203.0.113.9' })
    .send({ role: 'viewer' })
    .expect(200);
  await platform.root.delete('/v1/apps/shop/members/vic').expect(204);
  platform.store.events.record('test.alone', olga.id, shop.id);
  const { items } = await audit();
  const of = { app: 'shop', person: 'olga' };
  expect(items).toMatchObject([
    { ...of, number: 4, action: 'test.alone', via: 'platform', detail: {} },
    { ...of, number: 3, action: 'member.remove', person: 'root', via: 'machine', detail: { person: 'vic' } },
    {
      ...of,
      number: 2,
      action: 'member.set',
      via: 'token',
      credential: 'ci',
      address: '127.0.0.1',
      detail: { person: 'vic', role: 'viewer' },
    },
    {
      ...of,
      number: 1,
      action: 'member.set',
      via: 'key',
      credential: fingerprint,
      address: '203.0.113.9',
      detail: { person: 'vic', role: 'deployer' },
    },
  ]);
  expect(items[1]).not.toHaveProperty('address');
  expect(items[0]).not.toHaveProperty('credential');
});

test('a key that was removed is refused on a connection that it opened', async () => {
  const { platform, olga } = await office();
  const key = platform.store.people.addKey(olga.id, parsePublicKey(KEY));
  const ask = () => platform.as(olga).get('/v1/me').set(KEY_HEADER, key.fingerprint);
  await ask().expect(200);
  platform.store.people.removeKey(key.id);
  expect((await ask().expect(401)).body.reason.code).toBe('key_unknown');
});

test('what is asked for can be narrowed, and comes in pages', async () => {
  const { platform, ada, olga, shop, audit } = await office();
  const blog = platform.app('blog', olga);
  for (const app of [shop, blog]) {
    platform.store.events.record('build.create', olga.id, app.id, {});
    platform.store.events.record('build.cancel', ada.id, app.id, {});
    platform.store.events.record('builder.gone', null, app.id, {});
  }
  const numbers = async (query: string) =>
    (await audit(`/v1/audit?${query}`)).items.map(({ number }) => number);
  expect(await numbers('app=shop')).toEqual([3, 2, 1]);
  expect(await numbers('person=ada')).toEqual([5, 2]);
  expect(await numbers('action=build')).toEqual([5, 4, 2, 1]);
  expect(await numbers('action=build.cancel&app=blog')).toEqual([5]);
  expect(await numbers(`since=${new Date(Date.now() - 60_000).toISOString()}`)).toHaveLength(6);
  expect(await numbers(`since=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
  const first = await audit('/v1/audit?limit=4');
  const second = await audit(`/v1/audit?limit=4&cursor=${first.next}`);
  expect([...first.items, ...second.items].map(({ number }) => number)).toEqual([6, 5, 4, 3, 2, 1]);
  expect(second.next).toBeUndefined();
  await platform.as(ada).get('/v1/audit?since=yesterday').expect(422);
});

test('an owner sees what was done to their app, also before its name was taken again, and nothing else', async () => {
  const { platform, olga, vic, shop } = await office();
  platform.store.events.record('build.create', olga.id, shop.id);
  platform.store.events.record('build.create', olga.id, platform.app('blog', olga).id);
  const { body } = await platform.as(olga).get('/v1/apps/shop/audit').expect(200);
  const { items } = body as { items: AuditEntry[] };
  expect(items.map(({ app }) => app)).toEqual(['shop']);
  await platform.as(vic).get('/v1/apps/shop/audit').expect(403);
  expect((await platform.as(olga).get('/v1/audit').expect(403)).body.reason.code).toBe('admin_only');
  expect((await platform.as(olga).get('/v1/audit/verify').expect(403)).body.reason.code).toBe('admin_only');
  platform.store.apps.markDestroyed(shop.id);
  platform.app('shop', vic);
  expect((await platform.as(vic).get('/v1/apps/shop/audit').expect(200)).body.items).toEqual([]);
});

test('the log is checked over the API, against a head of before', async () => {
  const { platform, olga, shop, audit } = await office();
  expect(await audit('/v1/audit/verify')).toEqual({ ok: true, rows: 0 });
  platform.store.events.record('build.create', olga.id, shop.id);
  platform.store.events.record('build.cancel', olga.id, shop.id);
  const { items } = await audit();
  const { head, ...rest } = await audit('/v1/audit/verify');
  expect(rest).toEqual({ ok: true, rows: 2 });
  expect(head).toBe(`2:${items[0]?.hash}`);
  expect(await audit(`/v1/audit/verify?head=1:${items[1]?.hash}`)).toMatchObject({ ok: true });
  expect(await audit(`/v1/audit/verify?head=1:${items[0]?.hash}`)).toMatchObject({
    ok: false,
    fault: { row: 1, kind: 'rewritten' },
  });
  platform.store.db.run('DROP TRIGGER events_stay');
  platform.store.db.run("UPDATE events SET person = 'vic' WHERE id = 2");
  expect(await audit('/v1/audit/verify')).toMatchObject({
    ok: false,
    rows: 1,
    fault: { row: 2, kind: 'changed' },
  });
});

import { expect, test } from 'vitest';
import { parsePublicKey } from '../../../core/public-key.ts';
import { startPlatform } from './support/platform.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE bob@laptop';

async function office() {
  const platform = await startPlatform();
  const ada = platform.person('ada', { admin: true });
  const bob = platform.person('bob');
  return { platform, ada, bob, shop: platform.app('shop', bob) };
}

test('an admin sees who there is, what they may, and when they were last seen', async () => {
  const { platform, ada, bob, shop } = await office();
  const key = platform.store.people.addKey(bob.id, parsePublicKey(KEY));
  platform.store.people.keyUsed(key.id, Date.UTC(2026, 10, 20), null);
  platform.store.people.createFor(shop.id, 'deploy-key', 'ci');
  const { body } = await platform.as(ada).get('/v1/people').expect(200);
  expect(body.items).toMatchObject([
    { name: 'ada', admin: true, keys: 0, tokens: 0, apps: [] },
    {
      name: 'bob',
      admin: false,
      keys: 1,
      tokens: 0,
      lastUsedAt: '2026-11-20T00:00:00.000Z',
      apps: [{ app: 'shop', role: 'owner' }],
    },
  ]);
  expect((await platform.as(bob).get('/v1/people').expect(403)).body.reason.code).toBe('admin_only');
});

test('an admin is made and unmade, by a key and not by a token; one always stays', async () => {
  const { platform, ada, bob } = await office();
  const token = platform.tcp(platform.token(ada));
  const refused = await token.patch('/v1/people/bob').send({ admin: true }).expect(403);
  expect(refused.body.reason.code).toBe('token_not_enough');
  const last = await platform.as(ada).patch('/v1/people/ada').send({ admin: false }).expect(409);
  expect(last.body.reason.code).toBe('last_admin');
  expect((await platform.root.delete('/v1/people/ada').expect(409)).body.reason.code).toBe('last_admin');
  await platform.as(ada).patch('/v1/people/bob').send({ admin: true }).expect(200);
  await platform.as(bob).patch('/v1/people/ada').send({ admin: false }).expect(200);
  await platform.as(ada).get('/v1/people').expect(403);
  await platform.as(bob).patch('/v1/people/nobody').send({ admin: true }).expect(404);
  expect(platform.events().map(({ action, detail }) => [action, detail])).toEqual([
    ['person.set', { person: 'bob', admin: true }],
    ['person.set', { person: 'ada', admin: false }],
  ]);
});

test('who is removed is out at once by every way, and is still named in what they did', async () => {
  const { platform, ada, bob, shop } = await office();
  platform.store.people.addKey(bob.id, parsePublicKey(KEY));
  const token = platform.token(bob);
  platform.store.people.setRole(shop.id, ada.id, 'owner');
  platform.store.events.record('app.create', bob.id, shop.id);
  await platform.as(ada).delete('/v1/people/bob').expect(204);
  await platform.as(bob).get('/v1/me').expect(401);
  await platform.tcp(token).get('/v1/me').expect(401);
  expect(platform.store.people.byFingerprint(parsePublicKey(KEY).fingerprint)).toBeUndefined();
  expect(platform.store.people.members(shop.id)).toEqual([{ person: 'ada', role: 'owner' }]);
  const { body: app } = await platform.as(ada).get('/v1/apps/shop').expect(200);
  expect(app.createdBy).toBe('bob');
  const { body: audit } = await platform.as(ada).get('/v1/audit?person=bob').expect(200);
  expect(audit.items).toHaveLength(1);
  // Somebody new of that name inherits nothing, and may have the key.
  await platform.as(ada).post('/v1/keys').send({ publicKey: KEY, person: 'bob' }).expect(201);
  const { body: people } = await platform.as(ada).get('/v1/people').expect(200);
  expect(people.items[1]).toMatchObject({ name: 'bob', apps: [], tokens: 0, keys: 1 });
  expect(platform.events().map(({ action }) => action)).toEqual([
    'app.create',
    'person.remove',
    'person.add',
    'key.add',
  ]);
});

test('an app is not left without an owner: its only one goes once it is handed over', async () => {
  const { platform, ada, shop } = await office();
  const { body } = await platform.as(ada).delete('/v1/people/bob').expect(409);
  expect(body.reason).toMatchObject({
    code: 'last_owner',
    message: 'bob is the only owner of shop',
    hint: 'say who is to own what they leave: `sluice users:remove bob --hand-over-to NAME`',
  });
  await platform.as(ada).delete('/v1/people/bob?heir=bob').expect(409);
  await platform.as(ada).delete('/v1/people/bob?heir=nobody').expect(404);
  expect(platform.store.people.byName('bob')).toBeDefined();
  await platform.as(ada).delete('/v1/people/bob?heir=ada').expect(204);
  expect(platform.store.people.members(shop.id)).toEqual([{ person: 'ada', role: 'owner' }]);
  expect(platform.events().at(-1)).toMatchObject({
    action: 'person.remove',
    detail: { person: 'bob', heir: 'ada', handedOver: ['shop'] },
  });
});

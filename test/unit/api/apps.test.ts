import { expect, test } from 'vitest';
import { ROOT } from '../../../server/store/people.ts';
import { COMMIT, makeBuild, makeRelease } from './support/rows.ts';
import { startPlatform } from './support/platform.ts';

test('an app is made for the one who asks, who owns it', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const { body } = await platform.as(olga).post('/v1/apps').send({ name: 'shop' }).expect(201);
  expect(body).toEqual({
    id: platform.store.apps.byName('shop')?.id,
    name: 'shop',
    deployBranch: 'main',
    url: 'http://shop.example.test:8080',
    gitUrl: 'ssh://sluice@git.example.test:2222/shop.git',
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    createdBy: 'olga',
    domains: [],
    maintenance: false,
    role: 'owner',
  });
  expect(platform.operations.calls).toEqual([{ name: 'createApp', person: 'olga', what: 'shop' }]);
});

test("root on the machine makes an app without being anybody's owner", async () => {
  const platform = await startPlatform();
  const { body } = await platform.root.post('/v1/apps').send({ name: 'shop' }).expect(201);
  expect(body).toMatchObject({ createdBy: 'root', role: 'admin' });
  const { body: me } = await platform.root.get('/v1/me').expect(200);
  expect(me).toEqual({ id: ROOT.id, name: 'root', kind: 'person', admin: true });
  const { body: members } = await platform.root.get('/v1/apps/shop/members').expect(200);
  expect(members.items).toEqual([]);
});

test('an app shows what is live', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  makeRelease(platform.store, app, {
    person: olga,
    build: makeBuild(platform.store, app, { person: olga }),
    live: true,
  });
  platform.store.domains.add(app.id, 'www.shop.example');
  for (const address of ['shop', app.id]) {
    const { body } = await platform.as(olga).get(`/v1/apps/${address}`).expect(200);
    expect(body).toMatchObject({
      live: { release: 1, commit: COMMIT, web: true, webReplicas: 1, since: expect.any(String) },
      domains: ['www.shop.example'],
    });
  }
});

test('a name that cannot be a host is refused with what would be right', async () => {
  const platform = await startPlatform();
  const { body } = await platform.root.post('/v1/apps').send({ name: 'My App' }).expect(422);
  expect(body.reason).toMatchObject({
    code: 'invalid_request',
    detail: [
      'name: an app name is 1 to 30 of a-z, 0-9 and "-", starts with a letter and does not end with "-"',
    ],
  });
  expect(platform.operations.calls).toEqual([]);
});

test('what the operations refuse is told as it is', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  const { body, type } = await platform.as(olga).post('/v1/apps').send({ name: 'shop' }).expect(409);
  expect(type).toBe('application/problem+json');
  expect(body).toEqual({
    type: 'urn:sluice:problem:app_exists',
    title: 'Conflict',
    status: 409,
    detail: 'an app named shop exists already',
    reason: {
      code: 'app_exists',
      message: 'an app named shop exists already',
      hint: 'choose another name, or see `sluice apps`',
    },
  });
});

test('an app that one may not see is refused exactly like one that does not exist', async () => {
  const platform = await startPlatform();
  const hidden = platform.app('shop', platform.person('olga'));
  const sam = platform.as(platform.person('sam'));
  const { body: forbidden } = await sam.get('/v1/apps/shop').expect(404);
  const { body: unknown } = await sam.get('/v1/apps/shoq').expect(404);
  expect(JSON.stringify(forbidden)).toBe(JSON.stringify(unknown).replaceAll('shoq', 'shop'));
  expect(forbidden.reason.code).toBe('app_not_found');
  const { body: byId } = await sam.get(`/v1/apps/${hidden.id}`).expect(404);
  expect(JSON.stringify(byId)).not.toContain('"shop"');
});

test('a misspelt name gets the near one, only among apps that one may see', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('storefront', olga);
  const { body: hers } = await platform.as(olga).get('/v1/apps/storefrnt').expect(404);
  expect(hers.reason.hint).toBe('did you mean storefront?');
  const { body: others } = await platform.as(platform.person('sam')).get('/v1/apps/storefrnt').expect(404);
  expect(JSON.stringify(others)).not.toContain('storefront');
});

test('nobody can take over an app by naming another one like its id', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  // The store takes any name; the contract only those that begin with a letter.
  platform.app(app.id, platform.person('eve'));
  const { body } = await platform.root.get(`/v1/apps/${app.id}`).expect(200);
  expect(body.name).toBe('shop');
});

test('an app is destroyed only when its name is said again', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  const { body } = await platform.as(olga).delete('/v1/apps/shop').send({ confirm: 'shopp' }).expect(422);
  expect(body.reason).toMatchObject({
    code: 'confirmation_wrong',
    hint: 'type `sluice apps:destroy shop --confirm shop`',
  });
  expect(platform.operations.calls).toEqual([]);
  await platform.as(olga).delete('/v1/apps/shop').send({ confirm: 'shop' }).expect(204, '');
  await platform.as(olga).get('/v1/apps/shop').expect(404);
});

test('the list of apps holds those that one may see, in pages', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const hidden = platform.person('hermes');
  for (const name of ['cart', 'blog', 'api-docs', 'shop', 'wiki']) platform.app(name, olga);
  platform.app('secret', hidden);
  const names = async (query: string) => {
    const { body } = await platform.as(olga).get(`/v1/apps${query}`).expect(200);
    const { items, next } = body as { items: { name: string }[]; next?: string };
    return { names: items.map(({ name }) => name), next };
  };
  const first = await names('?limit=2');
  expect(first.names).toEqual(['api-docs', 'blog']);
  const second = await names(`?limit=2&cursor=${first.next}`);
  expect(second.names).toEqual(['cart', 'shop']);
  expect(await names(`?limit=2&cursor=${second.next}`)).toEqual({ names: ['wiki'], next: undefined });
  expect((await names('')).names).toHaveLength(5);
  const { body: all } = await platform.root.get('/v1/apps').expect(200);
  expect(all.items).toContainEqual(expect.objectContaining({ name: 'secret', role: 'admin' }));
});

test('a cursor of another list and a limit out of range are refused by name', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  platform.app('cart', olga);
  const { body: apps } = await platform.as(olga).get('/v1/apps?limit=1').expect(200);
  const { body: other } = await platform.as(olga).get(`/v1/apps/shop/builds?cursor=${apps.next}`).expect(422);
  expect(other.reason.code).toBe('cursor_invalid');
  const { body: limit } = await platform.as(olga).get('/v1/apps?limit=1000').expect(422);
  expect(limit.reason.detail).toEqual([expect.stringMatching(/^limit: .*100/)]);
});

test('an app is renamed by its owner, found by both names, and its feed says so', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  const client = platform.as(olga);
  const { body } = await client.patch('/v1/apps/shop').send({ name: 'store' }).expect(200);
  expect(body).toMatchObject({
    id: app.id,
    name: 'store',
    url: 'http://store.example.test:8080',
    gitUrl: expect.stringContaining('/store.git'),
  });
  expect((await client.get('/v1/apps/shop').expect(200)).body).toMatchObject({ name: 'store' });
  expect((await client.get('/v1/apps/store/domains').expect(200)).body.items).toEqual([
    { host: 'store.example.test', kind: 'platform' },
    { host: 'shop.example.test', kind: 'former' },
  ]);
  expect(
    platform.store.feed.after(0, 10).map(({ type, facts }) => [type, JSON.parse(facts) as unknown]),
  ).toEqual([['app.updated', { name: 'store', maintenance: 0 }]]);
  expect(platform.events()).toContainEqual(
    expect.objectContaining({ action: 'app.rename', detail: { from: 'shop', to: 'store' } }),
  );
  platform.app('cart', olga);
  expect((await client.patch('/v1/apps/store').send({ name: 'cart' }).expect(409)).body.reason.code).toBe(
    'app_exists',
  );
  await client.patch('/v1/apps/store').send({ name: 'No' }).expect(422);
});

test('maintenance is switched on and off, each as often as one likes', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  const client = platform.as(olga);
  for (const on of [true, true, false]) {
    const { body } = await client.put('/v1/apps/shop/maintenance').send({ on }).expect(200);
    expect(body.maintenance).toBe(on);
  }
  expect(platform.events().map(({ action }) => action)).toEqual(['maintenance.on', 'maintenance.off']);
});

import { expect, test } from 'vitest';
import { makeRelease } from './support/rows.ts';
import { startPlatform } from './support/platform.ts';

test('config is empty at version 0, and set and unset by key', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  const client = platform.as(olga);
  await client.get('/v1/apps/shop/config').expect(200, { version: 0, values: {}, secrets: [] });
  await client
    .patch('/v1/apps/shop/config')
    .send({ values: { A: '1', B: '2' } })
    .expect(200, { version: 1, unchanged: false, secrets: [] });
  await client
    .patch('/v1/apps/shop/config')
    .send({ values: { A: null, C: '' } })
    .expect(200, { version: 2, unchanged: false, secrets: [] });
  await client.get('/v1/apps/shop/config').expect(200, {
    version: 2,
    values: { B: '2', C: '' },
    secrets: [],
  });
});

test('a change of config while a release is live answers the release that carries it', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  makeRelease(platform.store, app, { person: olga, live: true });
  const { body } = await platform
    .as(olga)
    .patch('/v1/apps/shop/config')
    .send({ values: { A: '1' } })
    .expect(200);
  expect(body).toMatchObject({
    version: 1,
    release: {
      number: 2,
      source: 'config',
      configVersion: 1,
      person: 'olga',
      state: 'starting',
      live: false,
    },
  });
});

test('what is no config value is refused by its key, and the value is never said', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  const huge = 'x'.repeat(65_537);
  const { body } = await platform
    .as(olga)
    .patch('/v1/apps/shop/config')
    .send({ values: { PIN: 123_456, BIG: huge } })
    .expect(422);
  expect(body.reason.code).toBe('invalid_request');
  expect(body.reason.detail).toEqual([
    expect.stringMatching(/^values\.PIN: .*string/),
    expect.stringMatching(/^values\.BIG: .*65536/),
  ]);
  expect(JSON.stringify(body)).not.toMatch(/123456|xxxx/);
  expect(platform.operations.calls).toEqual([]);
});

test('a viewer sees no config values', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  platform.store.configs.add(app, { DATABASE_URL: 'postgres://secret' }, olga.id);
  const vic = platform.as(platform.person('vic', { in: app, role: 'viewer' }));
  const { body } = await vic.get('/v1/apps/shop/config').expect(403);
  expect(body.reason).toEqual({
    code: 'role_too_low',
    message: 'you are viewer of shop; this needs deployer',
    hint: 'an owner can change that: `sluice access:add vic deployer -a shop`',
    detail: ['owners: olga'],
  });
});

test('a change is staged with release: false, shown as such, and released with the next, even an empty one', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  const client = platform.as(olga);
  const path = '/v1/apps/shop/config';
  const first = platform.store.configs.add(app, { A: '1', GONE: 'g' }, olga.id);
  makeRelease(platform.store, app, { person: olga, configVersion: first, live: true });
  const values = { A: '2', B: 'new', GONE: null };
  await client
    .patch(path)
    .send({ values, release: false })
    .expect(200, { version: 2, unchanged: false, secrets: [] });
  const staged = { release: 1, added: ['B'], changed: ['A'], removed: ['GONE'] };
  expect((await client.get(path)).body).toEqual({
    version: 2,
    values: { A: '2', B: 'new' },
    secrets: [],
    staged,
  });
  expect((await client.get('/v1/apps/shop/secrets')).body).toEqual({ version: 2, items: [], staged });
  const { body } = await client.patch(path).send({ values: {} }).expect(200);
  expect(body).toMatchObject({
    version: 2,
    release: { number: 2, configVersion: 2, description: 'Set A, B; Unset GONE' },
  });
  expect((await client.get(path)).body).not.toHaveProperty('staged');
  const { body: nothing } = await client.patch(path).send({ values: {} }).expect(200);
  expect(nothing).not.toHaveProperty('release');
});

test('a change that goes out from an older version is refused, and changes nothing', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  const client = platform.as(olga);
  const path = '/v1/apps/shop/config';
  await client
    .patch(path)
    .send({ values: { A: '1' }, ifVersion: 0 })
    .expect(200);
  const { body } = await client
    .patch(path)
    .send({ values: { A: '2' }, ifVersion: 0 })
    .expect(409);
  expect(body.reason).toMatchObject({
    code: 'config_changed',
    message: 'the config of shop was changed meanwhile: it is at version 1, not 0',
  });
  expect((await client.get(path)).body.values).toEqual({ A: '1' });
});

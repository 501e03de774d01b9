import { expect, test } from 'vitest';
import { startPlatform } from './support/platform.ts';

async function shop() {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  return { platform, olga, client: platform.as(olga) };
}

test("an app has its host below the platform's domain, and those that were added", async () => {
  const { platform, client } = await shop();
  await client
    .post('/v1/apps/shop/domains')
    .send({ host: 'www.shop.example' })
    .expect(201, { host: 'www.shop.example', kind: 'custom' });
  const { body } = await client.get('/v1/apps/shop/domains').expect(200);
  expect(body.items).toEqual([
    { host: 'shop.example.test', kind: 'platform' },
    { host: 'www.shop.example', kind: 'custom' },
  ]);
  await client.delete('/v1/apps/shop/domains/www.shop.example').expect(204);
  expect(platform.operations.calls.map(({ name, what }) => [name, what])).toEqual([
    ['addDomain', 'www.shop.example'],
    ['removeDomain', 'www.shop.example'],
  ]);
});

test('what is no host name is refused, in the body and in the path', async () => {
  const { platform, client } = await shop();
  const right = 'host: a domain is a full lower-case host name such as www.example.com';
  const { body: added } = await client
    .post('/v1/apps/shop/domains')
    .send({ host: 'http://x.example/' })
    .expect(422);
  expect(added.reason.detail).toEqual([right]);
  const { body: removed } = await client.delete('/v1/apps/shop/domains/localhost').expect(422);
  expect(removed.reason.detail).toEqual([right]);
  expect(platform.operations.calls).toEqual([]);
});

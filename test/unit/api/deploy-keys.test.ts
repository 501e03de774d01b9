import { expect, test } from 'vitest';
import { publicKeyLine } from './support/keys.ts';
import { startPlatform } from './support/platform.ts';

const AT = '/v1/apps/shop/deploy-keys';

test('an owner adds a key of the app, which is listed by its name, and removes it again', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  const publicKey = publicKeyLine('ci@runner');
  const { body: added } = await platform.as(olga).post(AT).send({ publicKey, name: 'ci' }).expect(201);
  expect(added).toMatchObject({ name: 'ci', fingerprint: expect.stringMatching(/^SHA256:/) });
  expect((await platform.as(olga).get(AT).expect(200)).body).toEqual({ items: [added] });
  const { body: again } = await platform.as(olga).post(AT).send({ publicKey, name: 'two' }).expect(409);
  expect(again.reason.code).toBe('key_exists');
  await platform.as(olga).delete(`${AT}/ci`).expect(204);
  expect((await platform.as(olga).get(AT).expect(200)).body).toEqual({ items: [] });
  expect(
    platform
      .events()
      .slice(-2)
      .map(({ action }) => action),
  ).toEqual(['deploy-key.add', 'deploy-key.remove']);
});

import { expect, test } from 'vitest';
import { startPlatform } from './support/platform.ts';
import { makeRelease } from './support/rows.ts';

async function shop() {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  const client = platform.as(olga);
  const newest = () => platform.store.configs.newest(app).entries;
  return { platform, olga, app, client, newest };
}

const CONFIG = '/v1/apps/shop/config';
const SECRETS = '/v1/apps/shop/secrets';

test('secrets are set several at once, listed by name, and no answer has a value of theirs', async () => {
  const { platform, olga, app, client, newest } = await shop();
  makeRelease(platform.store, app, { person: olga, live: true });
  const values = { TOKEN: 'hidden-token', NPM: 'hidden-npm' };
  const set = await client.patch(SECRETS).send({ values }).expect(200);
  expect(set.body).toMatchObject({
    version: 1,
    secrets: ['TOKEN', 'NPM'],
    release: { description: 'Set TOKEN, NPM' },
  });
  const build = await client
    .patch(SECRETS)
    .send({ values: { NPM: 'hidden-two' }, build: true })
    .expect(200);
  const list = await client.get(SECRETS).expect(200);
  expect(list.body.items).toEqual([
    {
      name: 'NPM',
      kinds: ['build'],
      version: 2,
      setBy: 'olga',
      setAt: expect.any(String),
      olderIn: [],
    },
    { name: 'TOKEN', kinds: ['env'], version: 1, setBy: 'olga', setAt: expect.any(String), olderIn: [] },
  ]);
  const config = await client.get(CONFIG).expect(200);
  expect(config.body).toMatchObject({ version: 2, values: {}, secrets: ['NPM', 'TOKEN'] });
  const unset = await client
    .patch(SECRETS)
    .send({ values: { TOKEN: null, NOT_THERE: null } })
    .expect(200);
  expect(Object.keys(newest())).toEqual(['NPM']);
  for (const answer of [set, build, list, config, unset, await client.get('/v1/apps/shop/releases')])
    expect(answer.text).not.toContain('hidden-');
  expect(JSON.stringify([platform.events(), platform.logged])).not.toContain('hidden-');
  expect(platform.events().filter(({ action }) => action.startsWith('secret.'))).toMatchObject([
    { action: 'secret.set', person_id: olga.id, detail: { version: 1, keys: ['TOKEN', 'NPM'] } },
    { action: 'secret.set', detail: { version: 2, keys: ['NPM'] } },
    { action: 'secret.set', detail: { version: 3, keys: ['TOKEN', 'NOT_THERE'] } },
  ]);
});

test('a secret stays one when it is set as config, and plain config becomes one when it is set as a secret', async () => {
  const { client, newest } = await shop();
  const file = { values: { CERT: 'old-pem' }, file: true };
  await client.patch(SECRETS).send(file).expect(200);
  await client
    .patch(CONFIG)
    .send({ values: { PLAIN: 'p', CERT: 'new-pem' } })
    .expect(200, { version: 2, unchanged: false, secrets: ['CERT'] });
  expect(newest()['CERT']).toEqual({ value: 'new-pem', secret: true, file: true, since: 2 });
  await client
    .patch(SECRETS)
    .send({ values: { PLAIN: 'p' } })
    .expect(200);
  expect(newest()['PLAIN']).toEqual({ value: 'p', secret: true, since: 3 });
  expect((await client.get(CONFIG)).body).toMatchObject({ values: {}, secrets: ['CERT', 'PLAIN'] });
  await client
    .patch(CONFIG)
    .send({ values: { PLAIN: null } })
    .expect(200);
  expect(Object.keys(newest())).toEqual(['CERT']);
});

test('what only builds get makes no release; what is plain config is not removed as a secret', async () => {
  const { platform, olga, app, client } = await shop();
  const first = platform.store.configs.add(app, { PLAIN: 'p' }, olga.id);
  makeRelease(platform.store, app, { person: olga, configVersion: first, live: true });
  const { body } = await client
    .patch(SECRETS)
    .send({ values: { NPM: 'hidden' }, build: true })
    .expect(200);
  expect(body).toEqual({ version: 2, unchanged: false, alreadyIn: 1, secrets: ['NPM'] });
  expect((await client.get(CONFIG)).body).not.toHaveProperty('staged');
  const refused = await client
    .patch(SECRETS)
    .send({ values: { PLAIN: null } })
    .expect(409);
  expect(refused.body.reason).toMatchObject({
    code: 'not_a_secret',
    hint: expect.stringContaining('sluice config:unset PLAIN -a shop'),
  });
});

test('rotating gives a secret that is there another value, and it keeps where it goes', async () => {
  const { platform, olga, app, client, newest } = await shop();
  const rotate = (name: string, body: object) => client.post(`${SECRETS}/${name}/rotate`).send(body);
  await client
    .patch(SECRETS)
    .send({ values: { KEY: 'hidden-one' }, file: true })
    .expect(200);
  makeRelease(platform.store, app, { person: olga, configVersion: 1, live: true });
  const { body } = await rotate('KEY', { generate: 24 }).expect(200);
  expect(body).toMatchObject({
    version: 2,
    secrets: ['KEY'],
    release: { number: 2, description: 'Rotate KEY' },
  });
  expect(newest()['KEY']).toMatchObject({
    value: expect.stringMatching(/^[\w-]{32}$/),
    file: true,
    since: 2,
  });
  expect((await client.get(SECRETS)).body.items[0].olderIn).toEqual([{ release: 1, live: true }]);
  await rotate('KEY', { value: 'hidden-two', release: false }).expect(200, {
    version: 3,
    unchanged: false,
    secrets: ['KEY'],
  });
  const codes = {
    none: (await rotate('NONE', { generate: 24 }).expect(404)).body.reason.code,
    same: (await rotate('KEY', { value: 'hidden-two' }).expect(409)).body.reason.code,
    neither: (await rotate('KEY', {}).expect(422)).body.reason.code,
    both: (await rotate('KEY', { value: 'x', generate: 24 }).expect(422)).body.reason.code,
  };
  expect(codes).toEqual({
    none: 'secret_not_found',
    same: 'secret_unchanged',
    neither: 'invalid_request',
    both: 'invalid_request',
  });
  expect(JSON.stringify(platform.events())).not.toContain('hidden-');
});

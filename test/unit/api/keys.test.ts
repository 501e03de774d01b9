import { expect, test } from 'vitest';
import { publicKeyLine } from './support/keys.ts';
import { startPlatform } from './support/platform.ts';

test('one adds a key of oneself and sees only those of oneself', async () => {
  const platform = await startPlatform();
  const [vic, dan] = [platform.person('vic'), platform.person('dan')];
  await platform.as(dan).post('/v1/keys').send({ publicKey: publicKeyLine() }).expect(201);
  const { body } = await platform
    .as(vic)
    .post('/v1/keys')
    .send({ publicKey: publicKeyLine('vic@desk'), person: 'vic' })
    .expect(201);
  expect(body).toEqual({
    id: expect.any(String),
    person: 'vic',
    fingerprint: expect.stringMatching(/^SHA256:/),
    algorithm: 'ssh-ed25519',
    comment: 'vic@desk',
    createdAt: expect.any(String),
  });
  const { body: list } = await platform.as(vic).get('/v1/keys').expect(200);
  expect(list.items).toEqual([body]);
  expect(platform.events().at(-1)).toEqual({
    action: 'key.add',
    person_id: vic.id,
    app_id: null,
    detail: { person: 'vic', fingerprint: body.fingerprint },
  });
});

test("admins and root see everybody's keys", async () => {
  const platform = await startPlatform();
  await platform.as(platform.person('vic')).post('/v1/keys').send({ publicKey: publicKeyLine() }).expect(201);
  for (const client of [platform.root, platform.as(platform.person('ada', { admin: true }))]) {
    const { body } = await client.get('/v1/keys').expect(200);
    expect(body.items).toMatchObject([{ person: 'vic' }]);
  }
});

test('an admin adds a key for somebody new, who is no admin', async () => {
  const platform = await startPlatform();
  const ada = platform.person('ada', { admin: true });
  await platform
    .as(ada)
    .post('/v1/keys')
    .send({ publicKey: publicKeyLine(), person: 'newcomer' })
    .expect(201);
  await platform.root.post('/v1/keys').send({ publicKey: publicKeyLine(), person: 'newcomer' }).expect(201);
  const newcomer = platform.store.people.byName('newcomer');
  expect(newcomer?.admin).toBe(0);
  expect(platform.store.people.keys(newcomer?.id)).toHaveLength(2);
});

test('nobody else adds keys of other people', async () => {
  const platform = await startPlatform();
  platform.person('dan');
  const vic = platform.as(platform.person('vic'));
  for (const person of ['dan', 'newcomer']) {
    const { body } = await vic.post('/v1/keys').send({ publicKey: publicKeyLine(), person }).expect(403);
    expect(body.reason.code).toBe('admin_only');
  }
  expect(platform.store.people.byName('newcomer')).toBeUndefined();
});

test('root must say whose key it is', async () => {
  const platform = await startPlatform();
  const { body } = await platform.root.post('/v1/keys').send({ publicKey: publicKeyLine() }).expect(422);
  expect(body.reason).toMatchObject({
    code: 'person_needed',
    hint: expect.stringContaining('--person NAME'),
  });
});

test('a key is one person’s: adding it again is refused and makes nobody', async () => {
  const platform = await startPlatform();
  const publicKey = publicKeyLine();
  await platform.as(platform.person('vic')).post('/v1/keys').send({ publicKey }).expect(201);
  const { body } = await platform.root.post('/v1/keys').send({ publicKey, person: 'newcomer' }).expect(409);
  expect(body.reason.code).toBe('key_exists');
  expect(platform.store.people.byName('newcomer')).toBeUndefined();
});

test('what is no public key is refused with what would be one', async () => {
  const platform = await startPlatform();
  const vic = platform.as(platform.person('vic'));
  const { body } = await vic
    .post('/v1/keys')
    .send({ publicKey: '-----BEGIN OPENSSH PRIVATE KEY-----' })
    .expect(422);
  expect(body.reason).toMatchObject({ code: 'key_invalid', hint: expect.stringContaining('.pub') });
});

test('a key is removed by its id or its fingerprint', async () => {
  const platform = await startPlatform();
  const vic = platform.as(platform.person('vic'));
  const add = async () => {
    const { body } = await vic.post('/v1/keys').send({ publicKey: publicKeyLine() }).expect(201);
    return body as { id: string; fingerprint: string };
  };
  const [first, second] = [await add(), await add(), await add()];
  await vic.delete(`/v1/keys/${first.id}`).expect(204);
  await vic.delete(`/v1/keys/${encodeURIComponent(second.fingerprint)}`).expect(204);
  const { body } = await vic.get('/v1/keys').expect(200);
  expect(body.items).toHaveLength(1);
  expect(
    platform
      .events()
      .map(({ action }) => action)
      .slice(-2),
  ).toEqual(['key.remove', 'key.remove']);
});

test('a key of somebody else is refused like one that is not there; an admin may remove it', async () => {
  const platform = await startPlatform();
  const { body: key } = await platform
    .as(platform.person('vic'))
    .post('/v1/keys')
    .send({ publicKey: publicKeyLine() })
    .expect(201);
  const sam = platform.as(platform.person('sam'));
  const { body: hidden } = await sam.delete(`/v1/keys/${key.id}`).expect(404);
  const { body: unknown } = await sam.delete('/v1/keys/SHA256:none').expect(404);
  expect(hidden).toEqual(unknown);
  await platform
    .as(platform.person('ada', { admin: true }))
    .delete(`/v1/keys/${key.id}`)
    .expect(204);
});

test("one's own last key stays, unless an admin or root removes it", async () => {
  const platform = await startPlatform();
  const vic = platform.as(platform.person('vic'));
  const { body: key } = await vic.post('/v1/keys').send({ publicKey: publicKeyLine() }).expect(201);
  const { body } = await vic.delete(`/v1/keys/${key.id}`).expect(409);
  expect(body.reason.code).toBe('last_key');
  await platform.root.delete(`/v1/keys/${key.id}`).expect(204);
});

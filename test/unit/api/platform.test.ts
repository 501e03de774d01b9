import { expect, test } from 'vitest';
import { publicKeyLine } from './support/keys.ts';
import { startPlatform } from './support/platform.ts';

test('me is the person that the SSH front names, and nothing more than the contract says', async () => {
  const platform = await startPlatform();
  const vic = platform.person('vic');
  const { body } = await platform.as(vic).get('/v1/me').expect(200);
  expect(body).toEqual({ id: vic.id, name: 'vic', kind: 'person', admin: false });
});

test('status tells where the platform is and how its parts are', async () => {
  const platform = await startPlatform();
  const { body } = await platform.as(platform.person('vic')).get('/v1/status').expect(200);
  expect(body).toEqual({
    version: '1.2.3',
    installationId: platform.store.installationId,
    domain: 'example.test',
    httpPort: 8080,
    httpsPort: 8443,
    ssh: { address: 'ssh://sluice@git.example.test:2222', fingerprint: 'SHA256:hostkey' },
    builds: { queued: 0, running: 0, slots: 2 },
    parts: [{ name: 'redis', ok: false, message: 'Redis does not answer' }],
    maintenance: [],
  });
});

test('what to type is in the status of admins only', async () => {
  const platform = await startPlatform();
  const ada = platform.person('ada', { admin: true });
  const limited = platform.token(ada, undefined, { role: 'viewer' });
  const [admin, root, byToken] = await Promise.all(
    [platform.as(ada), platform.root, platform.tcp(limited)].map((client) =>
      client.get('/v1/status').expect(200),
    ),
  );
  expect(admin?.body.parts[0].fix).toBe('redis-server &');
  expect(root?.body.parts[0].fix).toBe('redis-server &');
  expect(byToken?.body.parts[0].fix).toBeUndefined();
});

test('status names the apps in maintenance to those who may see them', async () => {
  const platform = await startPlatform();
  const [ann, bob] = [platform.person('ann'), platform.person('bob')];
  for (const name of ['shop', 'blog']) platform.app(name, ann);
  await platform.as(ann).put('/v1/apps/shop/maintenance').send({ on: true }).expect(200);
  const down = async (person: typeof ann) =>
    (await platform.as(person).get('/v1/status').expect(200)).body.maintenance as string[];
  expect([await down(ann), await down(bob)]).toEqual([['shop'], []]);
});

test('doctor gives the checks with what mends them', async () => {
  const platform = await startPlatform();
  const { body } = await platform.root.get('/v1/doctor').expect(200);
  expect(body.checks).toEqual([
    { name: 'redis', ok: false, message: 'Redis does not answer', fix: 'redis-server &' },
  ]);
});

test('setup makes the first admin and their key, once', async () => {
  const platform = await startPlatform();
  const setup = { person: 'ada', publicKey: publicKeyLine('ada@laptop') };
  const { body } = await platform.root.post('/v1/setup').send(setup).expect(201);
  expect(body.ssh.fingerprint).toBe('SHA256:hostkey');
  const ada = platform.store.people.byName('ada');
  expect(ada?.admin).toBe(1);
  const [key] = platform.store.people.keys(ada?.id);
  expect(key?.comment).toBe('ada@laptop');
  expect(platform.events()).toEqual([
    {
      action: 'platform.setup',
      person_id: null,
      app_id: null,
      detail: { person: 'ada', fingerprint: key?.fingerprint },
    },
  ]);

  const again = await platform.root
    .post('/v1/setup')
    .send({ person: 'eve', publicKey: publicKeyLine() })
    .expect(409);
  expect(again.body.reason).toMatchObject({
    code: 'already_set_up',
    hint: expect.stringContaining('sluice keys:add'),
  });
  expect(platform.store.people.byName('eve')).toBeUndefined();
});

test('setup is refused to a person and to a token, even while there is no admin', async () => {
  const platform = await startPlatform();
  const vic = platform.person('vic');
  const setup = { person: 'ada', publicKey: publicKeyLine() };
  for (const client of [platform.as(vic), platform.tcp(platform.token(vic))]) {
    const { body } = await client.post('/v1/setup').send(setup).expect(403);
    expect(body.reason.code).toBe('machine_only');
  }
  expect(platform.store.people.hasAdmin()).toBe(false);
});

test('setup with a name that is taken or a key that is none changes nothing', async () => {
  const platform = await startPlatform();
  platform.person('ada');
  const taken = await platform.root
    .post('/v1/setup')
    .send({ person: 'ada', publicKey: publicKeyLine() })
    .expect(409);
  expect(taken.body.reason.code).toBe('person_exists');
  const broken = await platform.root
    .post('/v1/setup')
    .send({ person: 'eve', publicKey: 'ssh-ed25519 AAAA' })
    .expect(422);
  expect(broken.body.reason.code).toBe('key_invalid');
  expect(platform.store.people.hasAdmin()).toBe(false);
  expect(platform.events()).toEqual([]);
});

test('a key that somebody has cannot set up the platform, and leaves no admin behind', async () => {
  const platform = await startPlatform();
  const publicKey = publicKeyLine();
  await platform.as(platform.person('vic')).post('/v1/keys').send({ publicKey }).expect(201);
  const { body } = await platform.root.post('/v1/setup').send({ person: 'ada', publicKey }).expect(409);
  expect(body.reason.code).toBe('key_exists');
  expect(platform.store.people.byName('ada')).toBeUndefined();
});

import { expect, test, vi } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import { Idempotency } from '../../../server/api/idempotency.ts';
import { startPlatform } from './support/platform.ts';

async function shop() {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  return { platform, olga, client: platform.as(olga) };
}
const builds = '/v1/apps/shop/builds';

test('the same request with the same key is done once and answered twice', async () => {
  const { platform, client } = await shop();
  const first = await client.post(builds).set('Idempotency-Key', 'k1').send({ noCache: true }).expect(202);
  const again = await client.post(builds).set('Idempotency-Key', 'k1').send({ noCache: true }).expect(202);
  expect(again.body).toEqual(first.body);
  expect(again.type).toBe('application/json');
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(first.headers['idempotency-replayed']).toBeUndefined();
  expect(platform.operations.calls).toHaveLength(1);
});

test('an answer without a body is kept as well', async () => {
  const { platform, client } = await shop();
  for (let n = 0; n < 2; n++)
    await client.post('/v1/apps/shop/ps/restart').set('Idempotency-Key', 'k').expect(202, '');
  expect(platform.operations.calls).toHaveLength(1);
});

test('without a key, or with another, it is done again', async () => {
  const { platform, client } = await shop();
  await client.post(builds).expect(202);
  await client.post(builds).expect(202);
  await client.post(builds).set('Idempotency-Key', 'a').expect(202);
  await client.post(builds).set('Idempotency-Key', 'b').expect(202);
  expect(platform.operations.calls).toHaveLength(4);
});

test('a key that was used for another request is refused: other body, other path, other route', async () => {
  const { platform, olga, client } = await shop();
  platform.app('cart', olga);
  await client.post(builds).set('Idempotency-Key', 'k').send({ noCache: true }).expect(202);
  for (const [path, body] of [
    [builds, { noCache: false }],
    ['/v1/apps/cart/builds', { noCache: true }],
    ['/v1/apps/shop/rollback', {}],
  ] as const) {
    const { body: refused } = await client.post(path).set('Idempotency-Key', 'k').send(body).expect(422);
    expect(refused.reason.code).toBe('idempotency_key_reused');
  }
  expect(platform.operations.calls).toHaveLength(1);
});

test('a key is of an app, not of the name that another app has later', async () => {
  const { platform, olga, client } = await shop();
  await client.post(builds).set('Idempotency-Key', 'k').expect(202);
  const first = platform.store.apps.byName('shop');
  platform.store.db.run("UPDATE apps SET name = 'old' WHERE id = ?", first?.id ?? '');
  platform.app('shop', olga);
  const { body } = await client.post(builds).set('Idempotency-Key', 'k').expect(422);
  expect(body.reason.code).toBe('idempotency_key_reused');
  const again = await client.post('/v1/apps/old/builds').set('Idempotency-Key', 'k').expect(202);
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(platform.operations.calls).toHaveLength(1);
});

test('two people may have the same key', async () => {
  const { platform, client } = await shop();
  await client.post(builds).set('Idempotency-Key', 'k').expect(202);
  const answer = await platform.root.post(builds).set('Idempotency-Key', 'k').expect(202);
  expect(answer.headers['idempotency-replayed']).toBeUndefined();
  expect(platform.operations.calls).toHaveLength(2);
});

test('while the first is still being worked on, the second waits, and gets the same answer', async () => {
  const { platform, client } = await shop();
  const held = Promise.withResolvers<void>();
  platform.operations.gate = held.promise;
  const ask = async () => client.post(builds).set('Idempotency-Key', 'k');
  const first = ask();
  await vi.waitFor(() => expect(platform.operations.calls).toHaveLength(1));
  const others = [ask(), ask()];
  // Both are there by then: requests of one client come in their order.
  await client.get('/v1/me').expect(200);
  held.resolve();
  const [done, ...again] = await Promise.all([first, ...others]);
  expect(done?.status).toBe(202);
  for (const { status, headers, body } of again) {
    expect([status, headers['idempotency-replayed'], body]).toEqual([202, 'true', done?.body]);
  }
  expect(platform.operations.calls).toHaveLength(1);
});

test('a second is told to ask again when the first takes too long, and one of those that wait tries what was refused', async () => {
  const { platform } = await shop();
  const idempotency = new Idempotency(platform.store.db, Buffer.alloc(32), 50);
  const once = { person: 'olga', key: 'k', said: ['createBuild'], secret: false };
  const held = Promise.withResolvers<never>();
  const first = idempotency.once(once, async () => held.promise);
  const work = vi.fn(async () => ({ status: 202, body: '{}' }));
  await expect(idempotency.once(once, work)).rejects.toMatchObject({
    status: 409,
    reason: { code: 'idempotency_in_flight' },
  });
  const others = [idempotency.once(once, work), idempotency.once(once, work)];
  held.reject(new Refusal(507, 'disk_full', 'no room', 'make some'));
  await expect(first).rejects.toMatchObject({ status: 507 });
  expect(new Set((await Promise.all(others)).map(({ replayed }) => replayed))).toEqual(
    new Set([false, true]),
  );
  expect(work).toHaveBeenCalledTimes(1);
});

test('a refusal changed nothing, so that the same key may try again', async () => {
  const { platform, client } = await shop();
  platform.operations.refusal = new Refusal(507, 'disk_full', 'no room', 'make some');
  await client.post(builds).set('Idempotency-Key', 'k').expect(507);
  platform.operations.refusal = new Error('the machine stumbled');
  await client.post(builds).set('Idempotency-Key', 'k').expect(500);
  platform.operations.refusal = undefined;
  await client.post(builds).set('Idempotency-Key', 'k').expect(202);
});

test('a kept answer is only given to who may still ask', async () => {
  const { platform, olga, client } = await shop();
  await client.post(builds).set('Idempotency-Key', 'k').expect(202);
  platform.store.people.removeRole(platform.store.apps.byName('shop')?.id ?? '', olga.id);
  await client.post(builds).set('Idempotency-Key', 'k').expect(404);
});

test('after a day the key is free again, and old rows go', async () => {
  const { platform, client } = await shop();
  await client.post(builds).set('Idempotency-Key', 'k').expect(202);
  await client.post(builds).set('Idempotency-Key', 'other').expect(202);
  platform.store.db.run('UPDATE idempotency SET created_at = created_at - ?', 24 * 60 * 60 * 1000 + 1);
  const answer = await client.post(builds).set('Idempotency-Key', 'k').expect(202);
  expect(answer.headers['idempotency-replayed']).toBeUndefined();
  expect(platform.store.db.all('SELECT key FROM idempotency')).toHaveLength(1);
});

test('whatever changes something takes a key, not only what makes something', async () => {
  const { platform, client } = await shop();
  const set = () =>
    client
      .patch('/v1/apps/shop/config')
      .set('Idempotency-Key', 'k')
      .send({ values: { A: 'b' } })
      .expect(200);
  expect((await set()).body).toEqual((await set()).body);
  expect(platform.operations.calls).toHaveLength(1);
});

test('what a crash caught is not done twice: nobody knows how far it came', async () => {
  const { platform, client } = await shop();
  await client.post(builds).set('Idempotency-Key', 'k').expect(202);
  platform.store.db.run("UPDATE idempotency SET status = 0, body = ''");
  const { body } = await client.post(builds).set('Idempotency-Key', 'k').expect(409);
  expect(body.reason.code).toBe('idempotency_interrupted');
  await client.post(builds).set('Idempotency-Key', 'k').send({ noCache: true }).expect(422);
  expect(platform.operations.calls).toHaveLength(1);
});

test('that work begins is in the journal before it does', async () => {
  const { platform, client } = await shop();
  const held = Promise.withResolvers<void>();
  platform.operations.gate = held.promise;
  const first = client
    .post(builds)
    .set('Idempotency-Key', 'k')
    .then(({ status }) => status);
  await vi.waitFor(() => expect(platform.operations.calls).toHaveLength(1));
  expect(platform.store.db.all('SELECT status, body FROM idempotency')).toEqual([{ status: 0, body: '' }]);
  held.resolve();
  expect(await first).toBe(202);
});

test('an answer with a secret is given once and kept nowhere', async () => {
  const { platform } = await shop();
  const idempotency = new Idempotency(platform.store.db, platform.store.keys.named('idempotency').bytes);
  const once = { person: 'olga', key: 'k', said: ['createToken'], secret: true };
  const work = vi.fn(async () => ({ status: 201, body: '{"token":"hush"}' }));
  expect(await idempotency.once(once, work)).toMatchObject({ body: '{"token":"hush"}', replayed: false });
  await expect(idempotency.once(once, work)).rejects.toMatchObject({
    reason: { code: 'idempotency_answer_secret' },
  });
  expect(work).toHaveBeenCalledTimes(1);
  expect(JSON.stringify(platform.store.db.all('SELECT * FROM idempotency'))).not.toContain('hush');
});

test('a key that is too long is refused', async () => {
  const { client } = await shop();
  const { body } = await client.post(builds).set('Idempotency-Key', 'k'.repeat(256)).expect(422);
  expect(body.reason.code).toBe('idempotency_key_invalid');
});

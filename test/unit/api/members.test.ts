import { expect, test } from 'vitest';
import { startPlatform } from './support/platform.ts';

async function shop() {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  return { platform, olga, app, client: platform.as(olga) };
}

test('a role is given, changed and taken, and the journal says by whom', async () => {
  const { platform, olga, app, client } = await shop();
  platform.person('dan');
  await client
    .put('/v1/apps/shop/members/dan')
    .send({ role: 'viewer' })
    .expect(200, { person: 'dan', role: 'viewer' });
  await client.put('/v1/apps/shop/members/dan').send({ role: 'deployer' }).expect(200);
  const { body } = await client.get('/v1/apps/shop/members').expect(200);
  expect(body.items).toEqual([
    { person: 'dan', role: 'deployer' },
    { person: 'olga', role: 'owner' },
  ]);
  await client.delete('/v1/apps/shop/members/dan').expect(204);
  const { body: after } = await client.get('/v1/apps/shop/members').expect(200);
  expect(after.items).toEqual([{ person: 'olga', role: 'owner' }]);
  const common = { person_id: olga.id, app_id: app.id };
  expect(platform.events()).toEqual([
    { action: 'member.set', ...common, detail: { person: 'dan', role: 'viewer' } },
    { action: 'member.set', ...common, detail: { person: 'dan', role: 'deployer' } },
    { action: 'member.remove', ...common, detail: { person: 'dan' } },
  ]);
});

test('nobody gets a role whom the platform does not know', async () => {
  const { client } = await shop();
  const { body } = await client.put('/v1/apps/shop/members/nobody').send({ role: 'viewer' }).expect(404);
  expect(body.reason).toMatchObject({
    code: 'person_not_found',
    hint: expect.stringContaining('sluice keys:add'),
  });
  const { body: role } = await client.put('/v1/apps/shop/members/olga').send({ role: 'king' }).expect(422);
  expect(role.reason.detail).toEqual([expect.stringMatching(/^role: .*viewer.*deployer.*owner/)]);
});

test('who has no role cannot lose one', async () => {
  const { platform, client } = await shop();
  platform.person('dan');
  for (const name of ['dan', 'nobody']) {
    const { body } = await client.delete(`/v1/apps/shop/members/${name}`).expect(404);
    expect(body.reason.code).toBe('member_not_found');
  }
  expect(platform.events()).toEqual([]);
});

test('the last owner stays, unless an admin decides otherwise', async () => {
  const { platform, app, client } = await shop();
  for (const request of [
    () => client.delete('/v1/apps/shop/members/olga'),
    () => client.put('/v1/apps/shop/members/olga').send({ role: 'viewer' }),
  ]) {
    const { body } = await request().expect(409);
    expect(body.reason.code).toBe('last_owner');
  }
  expect(platform.store.people.members(app.id)).toEqual([{ person: 'olga', role: 'owner' }]);
  await client.put('/v1/apps/shop/members/olga').send({ role: 'owner' }).expect(200);
  await platform.root.delete('/v1/apps/shop/members/olga').expect(204);
  expect(platform.events().at(-1)).toMatchObject({ action: 'member.remove', person_id: null });
});

test('one of two owners may leave', async () => {
  const { platform, app, client } = await shop();
  platform.person('otto', { in: app, role: 'owner' });
  await client.delete('/v1/apps/shop/members/olga').expect(204);
  await client.get('/v1/apps/shop').expect(404);
});

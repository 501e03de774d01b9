import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FILES, GB, RetainedShop } from '../support/retained-shop.ts';

const shop = new RetainedShop();
beforeEach(() => shop.start());
afterEach(() => shop.remove());

describe('a new build', () => {
  const build = async (): Promise<unknown> =>
    shop.server.push(shop.app, await shop.server.commit(shop.app, { ...FILES, at: String(Math.random()) }));
  const authorize = async (service: string) =>
    shop.server.post('/internal/ssh/authorize', { personId: shop.server.alice.id, app: 'shop', service });

  test('is refused with the numbers while nothing more can be let go; what runs can still be changed', async () => {
    const [first, second] = await shop.deployed(2);
    shop.weigh(10 * GB);
    await shop.server.context.retention.fresh();
    const refused = {
      status: 507,
      reason: {
        code: 'disk_budget',
        message: expect.stringContaining(
          'Sluice takes 20 GB of 21.5 GB, and above 19.3 GB it takes no new builds',
        ),
        detail: expect.arrayContaining(['images 20 GB', expect.stringContaining('rollbacks')]),
        hint: expect.stringContaining('sluice apps:destroy'),
      },
    };
    await expect(build()).rejects.toMatchObject(refused);
    const { operations } = shop.server.context;
    const again = operations.rebuild(shop.server.alice, shop.app, {
      commit: second?.commit ?? '',
      noCache: false,
      now: false,
    });
    await expect(again).rejects.toMatchObject(refused);
    expect(shop.server.context.store.builds.newestNumber(shop.app.id)).toBe(2);

    const { release } = await operations.setConfig(shop.server.alice, shop.app, { A: 'b' });
    expect(release?.number).toBe(3);
    await shop.server.settled(shop.app);
    await operations.rollback(shop.server.alice, shop.app, 1);
    await shop.server.settled(shop.app);
    expect(await shop.server.context.repositories.branch(shop.app.id, 'main')).toBe(first?.commit);
  });

  test('is refused before a byte is sent, but who pushes what is under way is let in', async () => {
    await shop.deployed(1);
    const under = await shop.server.push(
      shop.app,
      await shop.server.commit(shop.app, { ...FILES, slow: 'yes' }),
    );
    shop.weigh(20 * GB);
    await shop.server.context.retention.fresh();
    expect((await authorize('git-receive-pack')).status).toBe(200);
    expect(await shop.server.push(shop.app, under.commit_id)).toMatchObject({ id: under.id });
    await shop.server.context.operations.cancelBuild(shop.server.alice, shop.app, under);
    const refused = await authorize('git-receive-pack');
    expect(refused).toMatchObject({ status: 507, body: { reason: { code: 'disk_budget' } } });
    expect((await authorize('git-upload-pack')).status).toBe(200);
  });

  test('is taken at once after space got free: what seems full is measured anew', async () => {
    await shop.deployed(1);
    shop.weigh(20 * GB);
    await shop.server.context.retention.fresh();
    await expect(build()).rejects.toMatchObject({ reason: { code: 'disk_budget' } });
    shop.weigh(1);
    expect(await build()).toMatchObject({ state: 'queued' });
  });

  test('near the limit it waits for the measure of what has just ended', async () => {
    const [first] = await shop.deployed(1);
    shop.weigh(19 * GB);
    await shop.server.context.retention.fresh();
    const second = await shop.server.push(
      shop.app,
      await shop.server.commit(shop.app, { ...FILES, n: '2' }, first?.commit),
    );
    await shop.server.build(second, 'image-2');
    shop.weigh(10 * GB);
    await expect(build()).rejects.toMatchObject({ reason: { code: 'disk_budget' } });
  });

  test('is not kept waiting by an engine that is away', async () => {
    await shop.deployed(1);
    shop.server.engine.away = new Error('gone');
    expect(await build()).toMatchObject({ state: 'queued' });
  });
});

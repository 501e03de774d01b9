import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { must } from '../../../support/command.ts';
import { DAY, FILES, GB, RetainedShop } from '../support/retained-shop.ts';

const shop = new RetainedShop();
beforeEach(() => shop.start());
afterEach(() => shop.remove());

describe('where the budget presses', () => {
  test('what is made again goes first: unneeded images, then as much of the cache as it takes', async () => {
    const made = await shop.deployed(2);
    shop.weigh(1_000_000);
    const images = shop.server.engine.images.get(shop.app.id) ?? [];
    shop.server.engine.images.set(shop.app.id, [
      ...images,
      { image: 'stray', sizeBytes: 5_000_000, createdAt: 1 },
    ]);
    shop.server.engine.cacheBytes = 20_000_000;
    const pressed = shop.retention({ budget: 25_000_000 });
    await pressed.round();
    expect(shop.server.engine.images.get(shop.app.id)?.map(({ image }) => image)).toEqual(
      made.map(({ image }) => image),
    );
    // 7 MB of images, logs and the rest were over: the cache shrinks to what leaves a fifth of the budget free.
    expect(shop.server.engine.cacheBytes).toBeGreaterThan(10_000_000);
    expect(shop.server.engine.cacheBytes).toBeLessThan(18_000_000);
    expect(await shop.server.context.buildLogs.ids()).toHaveLength(2);
  });

  test('then old build logs and the commits of ended builds; live and five rollback targets stay and can be gone back to', async () => {
    const { buildLogs, repositories, operations, store } = shop.server.context;
    const lost = await shop.failed(1);
    const made = await shop.deployed(8);
    const kept = made.slice(-6);
    await shop.aged(2);
    shop.weigh(1_000_000);
    await shop.retention({ days: 8, budget: 1 }).round();
    expect(await buildLogs.ids()).toEqual([]);
    expect(await shop.keptBuilds()).toEqual(kept.map(({ build }) => build).toSorted());
    expect(shop.server.engine.images.get(shop.app.id)?.map(({ image }) => image)).toEqual(
      kept.map(({ image }) => image),
    );
    expect(await repositories.hasCommit(shop.app.id, lost.commit)).toBe(false);
    await must('git', ['--git-dir', repositories.path(shop.app.id), 'fsck', '--connectivity-only']);
    await expect(
      operations.rebuild(shop.server.alice, shop.app, { commit: lost.commit, noCache: false, now: false }),
    ).rejects.toMatchObject({
      reason: { code: 'commit_not_found' },
    });

    for (const { image } of kept.slice(0, -1)) {
      const target = store.releases.page(shop.app.id, 1_000, 100).find((release) => release.image === image);
      await operations.rollback(shop.server.alice, shop.app, target?.number ?? 0);
      await shop.server.settled(shop.app);
      const live = store.releases.require(store.apps.require(shop.app.id).live_release_id ?? '');
      expect(live).toMatchObject({ image, source: 'rollback' });
      await shop.retention({ days: 8, budget: 1 }).round();
    }
    expect(await repositories.branch(shop.app.id, 'main')).toBe(kept.at(-2)?.commit);
  });

  test('logs of the last seven days and commits of the last hour stay', async () => {
    const lost = await shop.failed(1);
    await shop.aged(2);
    await shop.retention({ budget: 1 }).round();
    expect(await shop.server.context.buildLogs.ids()).toEqual([lost.build]);
    expect(await shop.keptBuilds()).toEqual([lost.build]);
  });

  test('a commit that was let go can be pushed again', async () => {
    const { repositories } = shop.server.context;
    const lost = await shop.failed(1);
    await shop.aged(2);
    await shop.retention({ days: 1, budget: 1 }).round();
    expect(await repositories.hasCommit(shop.app.id, lost.commit)).toBe(false);
    // A fresh commit of the same content is what the pusher's git sends: the same objects.
    const again = await shop.server.commit(shop.app, { ...FILES, failed: '1' });
    expect((await shop.server.push(shop.app, again)).number).toBe(2);
  });

  test('a push whose objects go while it is taken in is refused and not accepted in pieces', async () => {
    const { repositories, store } = shop.server.context;
    const commit = await shop.server.commit(shop.app, { ...FILES, big: 'x'.repeat(100) });
    await shop.aged(2);
    const path = repositories.path(shop.app.id);
    const blob = (await must('git', ['--git-dir', path, 'rev-parse', `${commit}:big`])).trim();
    // What is left when the objects were taken one by one: the commit is there, one of its files is not.
    await repositories.shrink(shop.app.id, 1_000 * DAY);
    await must('rm', [join(path, 'objects', blob.slice(0, 2), blob.slice(2))]);
    await expect(shop.server.push(shop.app, commit)).rejects.toMatchObject({
      reason: { code: 'commit_let_go' },
    });
    expect(await shop.keptBuilds()).toEqual([]);
    expect(store.builds.newestNumber(shop.app.id)).toBe(0);
    const whole = await shop.server.commit(shop.app, FILES);
    expect((await shop.server.push(shop.app, whole)).number).toBe(1);
  });

  test('what cannot be let go does not keep the rest: a broken repository, an engine that refuses', async () => {
    const broken = await shop.server.app('broken');
    shop.server.context.workloads.trimBuildCache = async () => Promise.reject(new Error('the engine failed'));
    shop.server.engine.cacheBytes = GB;
    const lost = await shop.failed(1);
    await must('rm', ['-r', join(shop.server.context.repositories.path(broken.id), 'objects')]);
    await shop.retention({ days: 1, budget: 1 }).round();
    expect(await shop.keptBuilds()).not.toContain(lost.build);
  });

  test('what somebody else has freed in the same moment is seen', async () => {
    shop.server.context.workloads.trimBuildCache = async () => {
      shop.server.engine.cacheBytes = 0;
      return 0;
    };
    const small = shop.retention({ budget: GB });
    shop.server.engine.cacheBytes = GB;
    await small.round();
    shop.server.engine.cacheBytes = GB;
    // By now git has looked through the repositories, and no step lets anything go.
    await small.round();
    expect(small.usage?.kinds['build cache']).toBe(0);
  });
});

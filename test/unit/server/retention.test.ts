import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeyedLock } from '../../../server/keyed-lock.ts';
import { Retention } from '../../../server/retention/retention.ts';
import { verifyEvents } from '../../../server/store/audit-verification.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import { must } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

const DAY = 24 * 3_600_000;
const GB = 1_000_000_000;
const FILES = { Dockerfile: 'FROM busybox:1\n', 'sluice.yaml': 'canary: off\n' };

let server: TestServer;
let app: AppRow;
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(async () => {
  await server.remove();
});

/** Another retention over the same server, at another time and with another budget; its rounds are the test's. */
function retention(later: { days?: number; budget?: number; auditDays?: number } = {}): Retention {
  const { store, settings, workloads, repositories, buildLogs, changes, log } = server.context;
  return new Retention({
    store,
    settings: {
      paths: settings.paths,
      diskBudgetBytes: later.budget ?? settings.diskBudgetBytes,
      auditDays: later.auditDays ?? settings.auditDays,
    },
    workloads,
    repositories,
    buildLogs,
    changes,
    lock: new KeyedLock(),
    log,
    now: () => Date.now() + (later.days ?? 0) * DAY,
  });
}

/** Commits that went live one after the other, each with an image of its own. */
async function deployed(count: number): Promise<{ commit: string; build: string; image: string }[]> {
  const made = [];
  for (let n = 1; n <= count; n++) {
    const commit = await server.commit(app, { ...FILES, n: String(n) });
    const build = await server.deploy(app, commit, `image-${n}`);
    await server.settled(app);
    made.push({ commit, build: build.id, image: `image-${n}` });
  }
  return made;
}

async function failed(n: number): Promise<{ commit: string; build: string }> {
  const commit = await server.commit(app, { ...FILES, failed: String(n) });
  const build = await server.push(app, commit);
  await server.claim(build);
  await server.finish(build, { result: 'failed', reason: { code: 'test_failed', message: 'no' } });
  return { commit, build: build.id };
}

/** Every object of the app's repository was written so long ago. */
async function aged(hours: number): Promise<void> {
  const objects = join(server.context.repositories.path(app.id), 'objects');
  const then = new Date(Date.now() - hours * 3_600_000);
  for (const name of await readdir(objects, { recursive: true }))
    await utimes(join(objects, name), then, then);
}

/** How much the images of an app take from now on. */
function weigh(bytes: number): void {
  const images = server.engine.images.get(app.id) ?? [];
  server.engine.images.set(
    app.id,
    images.map((image) => ({ ...image, sizeBytes: bytes })),
  );
}

const keptBuilds = async (): Promise<string[]> =>
  (await server.context.repositories.keptBuilds(app.id)).toSorted();

describe('by its age', () => {
  test('a build log and a commit go 90 days after their build has ended, the row and what is kept stay', async () => {
    const { store, buildLogs, repositories } = server.context;
    const lost = await failed(1);
    const [first] = await deployed(1);
    await retention({ days: 89 }).round();
    const both = [lost.build, first?.build ?? ''].toSorted();
    expect((await buildLogs.ids()).toSorted()).toEqual(both);
    expect(await keptBuilds()).toEqual(both);

    await retention({ days: 91 }).round();
    expect(await buildLogs.ids()).toEqual([]);
    expect(await keptBuilds()).toEqual([first?.build]);
    expect(store.builds.require(lost.build).state).toBe('failed');
    expect(await repositories.branch(app.id, 'main')).toBe(first?.commit);
  });

  test('what is under way stays, however long that takes', async () => {
    const waiting = await server.push(app, await server.commit(app, FILES));
    await retention({ days: 400 }).round();
    expect(await keptBuilds()).toEqual([waiting.id]);
    expect(await server.context.buildLogs.ids()).toEqual([waiting.id]);

    server.engine.behave('slow', 'waits');
    await server.build(waiting, 'slow');
    await retention({ days: 400 }).round();
    expect(await keptBuilds()).toEqual([waiting.id]);
    expect(await server.context.buildLogs.ids()).toEqual([waiting.id]);
  });

  test('answers kept for repeated requests go, what people did stays', async () => {
    const { store } = server.context;
    store.db.run("INSERT INTO idempotency VALUES ('k', x'00', 200, '', ?)", Date.now());
    await retention({ days: 0.9 }).round();
    expect(store.db.all('SELECT * FROM idempotency')).toHaveLength(1);
    const before = store.db.all('SELECT * FROM events').length;
    await retention({ days: 400 }).round();
    expect(store.db.all('SELECT * FROM idempotency')).toHaveLength(0);
    expect(store.db.all('SELECT * FROM events')).toHaveLength(before);
    expect(before).toBeGreaterThan(0);
  });
});

describe('where the budget presses', () => {
  test('what is made again goes first: unneeded images, then as much of the cache as it takes', async () => {
    const made = await deployed(2);
    weigh(1_000_000);
    const images = server.engine.images.get(app.id) ?? [];
    server.engine.images.set(app.id, [...images, { image: 'stray', sizeBytes: 5_000_000, createdAt: 1 }]);
    server.engine.cacheBytes = 20_000_000;
    const pressed = retention({ budget: 25_000_000 });
    await pressed.round();
    expect(server.engine.images.get(app.id)?.map(({ image }) => image)).toEqual(
      made.map(({ image }) => image),
    );
    // 7 MB of images, logs and the rest were over: the cache shrinks to what leaves a fifth of the budget free.
    expect(server.engine.cacheBytes).toBeGreaterThan(10_000_000);
    expect(server.engine.cacheBytes).toBeLessThan(18_000_000);
    expect(await server.context.buildLogs.ids()).toHaveLength(2);
  });

  test('then old build logs and the commits of ended builds; live and five rollback targets stay and can be gone back to', async () => {
    const { buildLogs, repositories, operations, store } = server.context;
    const lost = await failed(1);
    const made = await deployed(8);
    const kept = made.slice(-6);
    await aged(2);
    weigh(1_000_000);
    await retention({ days: 8, budget: 1 }).round();
    expect(await buildLogs.ids()).toEqual([]);
    expect(await keptBuilds()).toEqual(kept.map(({ build }) => build).toSorted());
    expect(server.engine.images.get(app.id)?.map(({ image }) => image)).toEqual(
      kept.map(({ image }) => image),
    );
    expect(await repositories.hasCommit(app.id, lost.commit)).toBe(false);
    await must('git', ['--git-dir', repositories.path(app.id), 'fsck', '--connectivity-only']);
    await expect(
      operations.rebuild(server.alice, app, { commit: lost.commit, noCache: false, now: false }),
    ).rejects.toMatchObject({
      reason: { code: 'commit_not_found' },
    });

    for (const { image } of kept.slice(0, -1)) {
      const target = store.releases.page(app.id, 1_000, 100).find((release) => release.image === image);
      await operations.rollback(server.alice, app, target?.number ?? 0);
      await server.settled(app);
      const live = store.releases.require(store.apps.require(app.id).live_release_id ?? '');
      expect(live).toMatchObject({ image, source: 'rollback' });
      await retention({ days: 8, budget: 1 }).round();
    }
    expect(await repositories.branch(app.id, 'main')).toBe(kept.at(-2)?.commit);
  });

  test('logs of the last seven days and commits of the last hour stay', async () => {
    const lost = await failed(1);
    await aged(2);
    await retention({ budget: 1 }).round();
    expect(await server.context.buildLogs.ids()).toEqual([lost.build]);
    expect(await keptBuilds()).toEqual([lost.build]);
  });

  test('a commit that was let go can be pushed again', async () => {
    const { repositories } = server.context;
    const lost = await failed(1);
    await aged(2);
    await retention({ days: 1, budget: 1 }).round();
    expect(await repositories.hasCommit(app.id, lost.commit)).toBe(false);
    // A fresh commit of the same content is what the pusher's git sends: the same objects.
    const again = await server.commit(app, { ...FILES, failed: '1' });
    expect((await server.push(app, again)).number).toBe(2);
  });

  test('a push whose objects go while it is taken in is refused and not accepted in pieces', async () => {
    const { repositories, store } = server.context;
    const commit = await server.commit(app, { ...FILES, big: 'x'.repeat(100) });
    await aged(2);
    const path = repositories.path(app.id);
    const blob = (await must('git', ['--git-dir', path, 'rev-parse', `${commit}:big`])).trim();
    // What is left when the objects were taken one by one: the commit is there, one of its files is not.
    await repositories.shrink(app.id, 1_000 * DAY);
    await must('rm', [join(path, 'objects', blob.slice(0, 2), blob.slice(2))]);
    await expect(server.push(app, commit)).rejects.toMatchObject({ reason: { code: 'commit_let_go' } });
    expect(await keptBuilds()).toEqual([]);
    expect(store.builds.newestNumber(app.id)).toBe(0);
    const whole = await server.commit(app, FILES);
    expect((await server.push(app, whole)).number).toBe(1);
  });

  test('what cannot be let go does not keep the rest: a broken repository, an engine that refuses', async () => {
    const broken = await server.app('broken');
    server.context.workloads.trimBuildCache = async () => Promise.reject(new Error('the engine failed'));
    server.engine.cacheBytes = GB;
    const lost = await failed(1);
    await must('rm', ['-r', join(server.context.repositories.path(broken.id), 'objects')]);
    await retention({ days: 1, budget: 1 }).round();
    expect(await keptBuilds()).not.toContain(lost.build);
  });

  test('what somebody else has freed in the same moment is seen', async () => {
    server.context.workloads.trimBuildCache = async () => {
      server.engine.cacheBytes = 0;
      return 0;
    };
    const small = retention({ budget: GB });
    server.engine.cacheBytes = GB;
    await small.round();
    server.engine.cacheBytes = GB;
    // By now git has looked through the repositories, and no step lets anything go.
    await small.round();
    expect(small.usage?.kinds['build cache']).toBe(0);
  });
});

describe('a new build', () => {
  const build = async (): Promise<unknown> =>
    server.push(app, await server.commit(app, { ...FILES, at: String(Math.random()) }));
  const authorize = async (service: string) =>
    server.post('/internal/ssh/authorize', { personId: server.alice.id, app: 'shop', service });

  test('is refused with the numbers while nothing more can be let go; what runs can still be changed', async () => {
    const [first, second] = await deployed(2);
    weigh(10 * GB);
    await server.context.retention.fresh();
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
    const { operations } = server.context;
    const again = operations.rebuild(server.alice, app, {
      commit: second?.commit ?? '',
      noCache: false,
      now: false,
    });
    await expect(again).rejects.toMatchObject(refused);
    expect(server.context.store.builds.newestNumber(app.id)).toBe(2);

    const { release } = await operations.setConfig(server.alice, app, { A: 'b' });
    expect(release?.number).toBe(3);
    await server.settled(app);
    await operations.rollback(server.alice, app, 1);
    await server.settled(app);
    expect(await server.context.repositories.branch(app.id, 'main')).toBe(first?.commit);
  });

  test('is refused before a byte is sent, but who pushes what is under way is let in', async () => {
    await deployed(1);
    const under = await server.push(app, await server.commit(app, { ...FILES, slow: 'yes' }));
    weigh(20 * GB);
    await server.context.retention.fresh();
    expect((await authorize('git-receive-pack')).status).toBe(200);
    expect(await server.push(app, under.commit_id)).toMatchObject({ id: under.id });
    await server.context.operations.cancelBuild(server.alice, app, under);
    const refused = await authorize('git-receive-pack');
    expect(refused).toMatchObject({ status: 507, body: { reason: { code: 'disk_budget' } } });
    expect((await authorize('git-upload-pack')).status).toBe(200);
  });

  test('is taken at once after space got free: what seems full is measured anew', async () => {
    await deployed(1);
    weigh(20 * GB);
    await server.context.retention.fresh();
    await expect(build()).rejects.toMatchObject({ reason: { code: 'disk_budget' } });
    weigh(1);
    expect(await build()).toMatchObject({ state: 'queued' });
  });

  test('near the limit it waits for the measure of what has just ended', async () => {
    const [first] = await deployed(1);
    weigh(19 * GB);
    await server.context.retention.fresh();
    const second = await server.push(app, await server.commit(app, { ...FILES, n: '2' }, first?.commit));
    await server.build(second, 'image-2');
    weigh(10 * GB);
    await expect(build()).rejects.toMatchObject({ reason: { code: 'disk_budget' } });
  });

  test('is not kept waiting by an engine that is away', async () => {
    await deployed(1);
    server.engine.away = new Error('gone');
    expect(await build()).toMatchObject({ state: 'queued' });
  });
});

describe('in the background', () => {
  test('a rollout that has ended is measured soon, and doctor and status tell it', async () => {
    await server.context.retention.fresh();
    const before = server.context.retention.usage?.kinds.images;
    await deployed(1);
    await eventually(
      'the image counts',
      () => server.context.retention.usage?.kinds.images === (before ?? 0) + 1,
    );
    const findings = await server.context.doctor();
    const found = findings.find(({ name }) => name === 'disk budget');
    expect(found).toMatchObject({
      ok: true,
      message: expect.stringContaining('of 21.5 GB used: images 1 bytes, '),
    });
    weigh(20 * GB);
    await server.context.retention.fresh();
    expect((await server.context.doctor()).find(({ name }) => name === 'disk budget')).toMatchObject({
      ok: false,
      fix: expect.stringContaining('SLUICE_DISK_BUDGET'),
    });
  });

  test('every kind is measured', async () => {
    await deployed(1);
    server.engine.cacheBytes = 7;
    await mkdir(server.context.settings.paths.submodules, { recursive: true });
    const now = retention();
    await now.round();
    const { kinds } = now.usage ?? {};
    expect(Object.values(kinds ?? {}).filter((bytes) => bytes === 0)).toEqual([]);
    expect(kinds?.['build cache']).toBe(7);
    expect(kinds?.['git repositories']).toBeGreaterThan(1_000);
    expect(kinds?.['git repositories']).toBeLessThan(1_000_000);
  });

  test('rounds run one at a time, and one that is asked for begins after that', async () => {
    const { workloads } = server.context;
    let running = 0;
    let most = 0;
    let begun = 0;
    const usage = workloads.usage.bind(workloads);
    workloads.usage = async (built) => {
      begun += 1;
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return usage(built);
    };
    const one = retention();
    await Promise.all([one.round(), one.round(), one.round(), one.fresh()]);
    expect({ most, begun }).toEqual({ most: 1, begun: 2 });
  });
});

test('what people did is kept for ever, or for as many days as the admin says', async () => {
  const { store } = server.context;
  const { events } = store;
  const kept = (): number => events.page({}, 1e9, 1_000).length;
  const before = kept();
  await retention({ days: 4_000 }).round();
  expect(kept()).toBe(before);
  await retention({ days: 99, auditDays: 100 }).round();
  expect(kept()).toBe(before);
  await retention({ days: 101, auditDays: 100 }).round();
  expect(events.page({}, 1e9, 10).map(({ action }) => action)).toEqual(['audit.retire']);
  expect((await verifyEvents(events)).fault).toBeUndefined();
});

test('a log that is far too long is retired in one round, in steps', async () => {
  const { store } = server.context;
  store.transaction(() => {
    for (let row = 0; row < 10_500; row++) store.events.record('test.row', null, null);
  });
  await retention({ days: 101, auditDays: 100 }).round();
  // The rest goes tomorrow: each time leaves a row.
  const { rows, anchor, fault } = await verifyEvents(store.events);
  expect({ upTo: anchor?.id, fault }).toEqual({ upTo: 10_000, fault: undefined });
  expect(rows).toBeLessThan(1_000);
});

import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import type { OneOff } from '../../../engines/port.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { BuildRow } from '../../../server/store/builds.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let app: AppRow;
const FILES = { Dockerfile: 'FROM busybox:1\n' };
const PHASE = { ...FILES, Procfile: 'web: serve\nrelease: migrate\n' };
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.remove();
});

function rolloutOf(build: BuildRow) {
  const release = server.context.store.releases.byBuild(build.id);
  return release && server.context.store.rollouts.byRelease(release.id);
}

const gone = (): boolean => !server.context.store.apps.destroyed().some(({ id }) => id === app.id);

describe('a release command that does not end', () => {
  let killed: number;
  let end: (code: number) => void;
  let stream: PassThrough;
  let started: boolean;
  beforeEach(() => {
    killed = 0;
    started = false;
    const exit = Promise.withResolvers<{ code: number; oomKilled: boolean }>();
    stream = new PassThrough();
    end = (code) => {
      stream.push(null);
      exit.resolve({ code, oomKilled: false });
    };
    vi.spyOn(server.context.workloads, 'run').mockImplementation(async (_, { begins }): Promise<OneOff> => {
      begins?.();
      started = true;
      return {
        stream,
        resize: async () => undefined,
        exit: exit.promise,
        kill: async () => {
          killed++;
          end(137);
        },
      };
    });
  });

  async function begin(): Promise<BuildRow> {
    const build = await server.push(app, await server.commit(app, PHASE));
    await server.build(build, 'image-1');
    await eventually('it runs', () => started);
    return build;
  }

  test('is ended by a cancel', async () => {
    const build = await begin();
    await server.context.operations.cancelBuild(server.alice, app, build);
    await eventually('it was ended', () => killed === 1, 3_000);
    expect(rolloutOf(build)?.state).toBe('cancelled');
  });

  test('is ended with its app, whose log does not come back', async () => {
    const build = await begin();
    await server.context.operations.destroyApp(server.alice, app);
    await eventually('it was ended', () => killed === 1, 3_000);
    await eventually('the app is gone', gone);
    expect(await server.context.buildLogs.size(build.id)).toBe(0);
  });

  test('that ends after its app is gone harms nobody', async () => {
    vi.spyOn(server.context.workloads, 'removeApp').mockImplementation(async () => undefined);
    await begin();
    const { store } = server.context;
    store.apps.markDestroyed(app.id);
    store.apps.forget(app.id);
    end(1);
    await server.context.operations.createApp(server.alice, 'other');
    expect(store.apps.byName('other')).toBeDefined();
  });

  test('is not started again by a config change: that is refused while it runs', async () => {
    const build = await begin();
    await expect(server.context.operations.setConfig(server.alice, app, { A: '1' })).rejects.toMatchObject({
      reason: { code: 'release_phase_running' },
    });
    end(0);
    await server.context.followEnd(build.id, 'live');
    expect(rolloutOf(build)?.state).toBe('live');
    await server.context.operations.setConfig(server.alice, app, { A: '1' });
  });

  test('is waited for by the release of a newer push, so that no two run at once', async () => {
    const first = await begin();
    const runs = vi.mocked(server.context.workloads.run).mock.calls;
    const second = await server.push(app, await server.commit(app, { ...PHASE, a: 'b' }, first.commit_id));
    await server.build(second, 'image-2');
    await eventually('the newer one took over', () => rolloutOf(first)?.state === 'superseded');
    const looks = vi.spyOn(server.context.workloads, 'observe');
    server.engine.changed(app.id);
    await eventually('it was looked at', () => looks.mock.calls.length > 0);
    expect(runs).toHaveLength(1);
    end(0);
    await eventually('the newer one runs its own', () => runs.length === 2, 3_000);
    await server.context.followEnd(second.id, 'live');
    expect(rolloutOf(second)?.state).toBe('live');
  });

  test('is ended when its time is over', async () => {
    const build = await begin();
    const real = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => real() + 2 * 3_600_000);
    server.engine.changed(app.id);
    await eventually('it was ended', () => killed === 1, 3_000);
    await server.context.followEnd(build.id, 'live');
    expect(rolloutOf(build)).toMatchObject({ state: 'failed', reason: { code: 'release_phase_timeout' } });
  });
});

test('a release command that the engine did not get to prepare is begun once it is back', async () => {
  const away = new Refusal(503, 'engine_unreachable', 'the engine does not answer', 'see `sluice doctor`');
  const run = vi.spyOn(server.context.workloads, 'run').mockRejectedValueOnce(away);
  const build = await server.push(app, await server.commit(app, PHASE));
  await server.build(build, 'image-1');
  await server.context.followEnd(build.id, 'live');
  expect(rolloutOf(build)?.state).toBe('live');
  expect(run).toHaveBeenCalledTimes(2);
});

test('an old release that is slow to stop holds up neither the next release nor the routes', async () => {
  const first = await server.commit(app, FILES);
  await server.deploy(app, first, 'image-1');
  const slow = Promise.withResolvers<void>();
  const remove = vi.spyOn(server.context.workloads, 'removeRelease').mockImplementation(() => slow.promise);
  const second = await server.commit(app, { ...FILES, a: 'b' }, first);
  await server.deploy(app, second, 'image-2');
  await eventually('it is stopping', () => remove.mock.calls.length > 0);
  const third = await server.push(app, await server.commit(app, { ...FILES, a: 'c' }, second));
  await server.build(third, 'image-3');
  await eventually('the next is live', () => rolloutOf(third)?.state === 'live', 5_000);
  expect(remove.mock.calls.filter(([, id]) => id === remove.mock.calls[0]?.[1])).toHaveLength(1);
  slow.resolve();
});

test('an old release that cannot be stopped is not tried without a pause', async () => {
  const first = await server.commit(app, FILES);
  await server.deploy(app, first, 'image-1');
  const remove = vi
    .spyOn(server.context.workloads, 'removeRelease')
    .mockRejectedValue(new Error('disk full'));
  await server.deploy(app, await server.commit(app, { ...FILES, a: 'b' }, first), 'image-2');
  await eventually('it was tried', () => remove.mock.calls.length > 0);
  // Looks for a moment: what would loop does so hundreds of times.
  for (let n = 0; n < 20; n++) await server.context.repositories.branch(app.id, 'main');
  expect(remove.mock.calls.length).toBeLessThan(10);
  expect(server.context.store.rollouts.retiring(app.id)).toHaveLength(1);
});

/** The pause before the next look has grown to up to 10 s by then. */
const PATIENT = { timeout: 60_000 };
test('a router that is away fails no release: it goes on when the router is back', PATIENT, async () => {
  server.traffic.away = new Refusal(503, 'router_unreachable', 'the router does not answer');
  const build = await server.push(app, await server.commit(app, FILES));
  await server.build(build, 'image-1');
  await eventually('it waits for the router', () => rolloutOf(build)?.state === 'promoting', 5_000);
  const looks = vi.spyOn(server.context.workloads, 'observe');
  await eventually('it was looked at again', () => looks.mock.calls.length > 1, 10_000);
  expect(rolloutOf(build)?.state).toBe('promoting');
  server.traffic.away = undefined;
  await server.context.followEnd(build.id, 'live');
  expect(rolloutOf(build)?.state).toBe('live');
});

test('a replica that a crash left made but not started is started', async () => {
  server.engine.behave('image-1', 'waits');
  const build = await server.push(app, await server.commit(app, FILES));
  await server.build(build, 'image-1');
  const [replica] = await eventually('it is there', () => {
    const found = server.engine.find({ appId: app.id });
    return found.length > 0 && found;
  });
  if (!replica) throw new Error('no replica');
  vi.spyOn(server.context.workloads, 'ensure').mockImplementation(async () => {
    server.engine.set({ appId: app.id }, { state: 'ready' });
  });
  const { startedAt: _, ...never } = replica.shown;
  server.engine.show(replica, never);
  await eventually('it was started', () => rolloutOf(build)?.state === 'live', 5_000);
});

test.each(['starting', 'promoting'])('a release that is %s and never gets well is put back', async (at) => {
  const files = { ...FILES, Procfile: 'web: serve\nworker: work\n', 'sluice.yaml': 'scale: {worker: 1}\n' };
  const first = await server.commit(app, files);
  await server.deploy(app, first, 'image-1');
  server.engine.behave('image-2', 'waits');
  const build = await server.push(app, await server.commit(app, { ...files, a: 'b' }, first));
  await server.build(build, 'image-2');
  const web = { process: 'web', releaseId: rolloutOf(build)?.release_id ?? '' };
  await eventually('web is there', () => server.engine.find(web).length === 1);
  if (at === 'promoting') {
    server.engine.set(web, { state: 'ready' });
    await eventually('it promotes', () => rolloutOf(build)?.state === 'promoting');
  }
  server.engine.set(web, { state: 'unhealthy', reason: { code: 'crashed', message: 'web.1 crashed' } });
  const real = performance.now.bind(performance);
  await eventually('it is looked at', () => rolloutOf(build)?.state === at);
  await new Promise((resolve) => setTimeout(resolve, 200));
  vi.spyOn(performance, 'now').mockImplementation(() => real() + 600_000);
  server.engine.changed(app.id);
  await eventually('it was put back', () => rolloutOf(build)?.finished_at !== null, 5_000);
  expect(rolloutOf(build)).toMatchObject({
    state: at === 'promoting' ? 'rolled-back' : 'failed',
    reason: { code: 'crashed' },
  });
  expect(await server.context.repositories.branch(app.id, 'main')).toBe(first);
});

test('a replica of the live release that failed after a scale-up is tried again', async () => {
  await server.deploy(app, await server.commit(app, FILES), 'image-1');
  await server.settled(app);
  await server.context.operations.scale(server.alice, app, { web: 2 });
  await eventually('there are two', () => server.engine.find({ appId: app.id }).length === 2);
  const ensure = vi.spyOn(server.context.workloads, 'ensure');
  server.engine.set({ appId: app.id, index: 2 }, { state: 'failed' });
  await eventually('the engine was asked', () => ensure.mock.calls.length > 0, 5_000);
});

test('a live release whose image is gone still gets the routes of the replicas that it has', async () => {
  await server.deploy(app, await server.commit(app, FILES), 'image-1');
  await server.context.operations.scale(server.alice, app, { web: 2 });
  const backends = (): number => server.traffic.routes.get(app.id)?.releases[0]?.backends.length ?? 0;
  await eventually('both answer', () => backends() === 2);
  vi.spyOn(server.context.workloads, 'ensure').mockRejectedValue(new Refusal(409, 'image_missing', 'gone'));
  server.engine.set({ appId: app.id, index: 2 }, { state: 'exited' });
  await eventually('only one is asked', () => backends() === 1, 5_000);
});

test('the image of the live release is kept, whatever the clock said when it went live', async () => {
  let parent: string | undefined;
  for (let n = 1; n <= 7; n++) {
    parent = await server.commit(app, { ...FILES, n: String(n) }, parent);
    await server.deploy(app, parent, `image-${n}`);
    await server.settled(app);
    // The clock was a year ahead all the time, and is put right before the last release.
    server.context.store.db.run('UPDATE rollouts SET finished_at = finished_at + 31536000000');
  }
  parent = await server.commit(app, { ...FILES, n: 'last' }, parent);
  await server.deploy(app, parent, 'image-last');
  await server.settled(app);
  await server.context.operations.setConfig(server.alice, app, { A: '1' });
  await server.settled(app);
  expect((server.engine.images.get(app.id) ?? []).map(({ image }) => image)).toContain('image-last');
});

test('a rollback is not given an image that is being removed', async () => {
  let parent: string | undefined;
  for (let n = 1; n <= 6; n++) {
    parent = await server.commit(app, { ...FILES, n: String(n) }, parent);
    await server.deploy(app, parent, `image-${n}`);
    await server.settled(app);
  }
  const { workloads, operations } = server.context;
  const may = Promise.withResolvers<void>();
  const remove = workloads.removeImage.bind(workloads);
  const removing = vi.spyOn(workloads, 'removeImage').mockImplementation(async (...what) => {
    await may.promise;
    return remove(...what);
  });
  await server.deploy(app, await server.commit(app, { ...FILES, n: '7' }, parent), 'image-7');
  await eventually('the oldest is being removed', () => removing.mock.calls.length > 0);
  const asked = operations.rollback(server.alice, app, 1).then(
    () => 'accepted',
    (error: unknown) => (error as Refusal).reason.code,
  );
  await server.context.repositories.branch(app.id, 'main');
  may.resolve();
  expect(await asked).toBe('image_gone');
});

describe('an app that is being destroyed', () => {
  test('is refused as not found by whatever is asked of it meanwhile', async () => {
    await server.deploy(app, await server.commit(app, FILES), 'image-1');
    const { operations } = server.context;
    await operations.destroyApp(server.alice, app);
    const asked = [
      () => operations.setConfig(server.alice, app, { A: '1' }),
      () => operations.rollback(server.alice, app, 1),
      () => operations.scale(server.alice, app, { web: 2 }),
      () => operations.addDomain(server.alice, app, 'shop.example.com'),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject({ status: 404 });
  });

  test('takes in no build whose push was half through', async () => {
    const commit = await server.commit(app, FILES);
    const { repositories, operations, store } = server.context;
    const keep = repositories.keepBuild.bind(repositories);
    vi.spyOn(repositories, 'keepBuild').mockImplementation(async (...what) => {
      await keep(...what);
      store.apps.markDestroyed(app.id);
    });
    await expect(server.push(app, commit)).rejects.toMatchObject({ status: 404 });
    expect(store.builds.open(app.id)).toEqual([]);
    await operations.destroyApp(server.alice, app);
  });
});

test('what a destroyed app left behind in a crash is gone after the next start', async () => {
  const { settings, buildLogs, repositories } = server.context;
  await buildLogs.append('lostbuild1234567', 'late\n');
  await buildLogs.rest('lostbuild1234567');
  const lost = [
    repositories.path('lostapp123456789'),
    join(settings.paths.repositories, '.new-lostapp1.git'),
  ];
  for (const path of lost) await mkdir(path, { recursive: true });
  const build = await server.push(app, await server.commit(app, FILES));
  await server.close();
  await server.open();
  await eventually('nothing is left', async () => {
    expect(await server.context.buildLogs.ids()).toEqual([build.id]);
    expect(await server.context.repositories.appIds()).toEqual([app.id]);
    return true;
  });
});

test('a ref lock that a power cut left behind does not stop a release', async () => {
  const first = await server.commit(app, FILES);
  await server.deploy(app, first, 'image-1');
  const lock = join(server.context.repositories.path(app.id), 'refs/heads/main.lock');
  await writeFile(lock, '');
  const old = new Date(Date.now() - 3_600_000);
  await utimes(lock, old, old);
  const second = await server.commit(app, { ...FILES, a: 'b' }, first);
  const build = await server.push(app, second);
  await server.build(build, 'image-2');
  await eventually('it is live', () => rolloutOf(build)?.state === 'live', 8_000);
  expect(await server.context.repositories.branch(app.id, 'main')).toBe(second);
});

test('a transaction that SQLite itself has rolled back throws its own error', () => {
  const { store } = server.context;
  const insert = (): unknown =>
    store.transaction(() =>
      store.db.run("INSERT OR ROLLBACK INTO meta (key, value) VALUES ('generation', '1')"),
    );
  expect(insert).toThrow(/UNIQUE/);
});

describe('an app whose repository cannot be made', () => {
  const full = Object.assign(new Error('write'), { code: 'ENOSPC' });

  test('leaves its name free, so that the same command works later', async () => {
    const { operations, repositories } = server.context;
    vi.spyOn(repositories, 'create').mockRejectedValueOnce(full);
    await expect(operations.createApp(server.alice, 'late')).rejects.toBe(full);
    const late = await operations.createApp(server.alice, 'late');
    expect(await repositories.appIds()).toContain(late.id);
  });

  test('and whose row cannot be taken back gets one as soon as it can', async () => {
    const { operations, repositories, store } = server.context;
    vi.spyOn(repositories, 'create').mockRejectedValueOnce(full).mockRejectedValueOnce(full);
    vi.spyOn(store.apps, 'markDestroyed').mockImplementationOnce(() => {
      throw full;
    });
    await expect(operations.createApp(server.alice, 'late')).rejects.toBe(full);
    const late = store.apps.byName('late');
    await eventually('it has one', async () => (await repositories.appIds()).includes(late?.id ?? ''));
  });
});

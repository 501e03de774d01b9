import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

/** So often the controller asks the engine about all apps, in milliseconds. */
const TICK_MS = 10_000;
const FILES = {
  Dockerfile: 'FROM busybox:1\n',
  Procfile: 'worker: work\n',
  'sluice.yaml': 'scale: {worker: 2}\ncanary: {steps: [10], bake: 1h, keep: 0s}\n',
};

let server: TestServer;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  server = await TestServer.start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.remove();
  vi.useRealTimers();
});

test('a worker of a canary that is gone without a word is started again', async () => {
  const { store, controller } = server.context;
  const app = await server.app('jobs');
  const first = await server.commit(app, FILES);
  await server.deploy(app, first, 'one');
  const build = await server.push(app, await server.commit(app, { ...FILES, x: 'y' }, first));
  await server.build(build, 'two');
  const release = await eventually('its release', () => store.releases.byBuild(build.id));
  const workers = () => server.engine.find({ releaseId: release.id });
  await eventually('it is watched', () =>
    store.rollouts.events(store.rollouts.byRelease(release.id)?.id ?? '').some(({ kind }) => kind === 'step'),
  );
  const wake = vi.spyOn(controller, 'wake');
  const sync = vi.spyOn(server.traffic, 'sync');
  const tick = async (): Promise<boolean> => {
    wake.mockClear();
    sync.mockClear();
    vi.advanceTimersByTime(TICK_MS);
    await eventually('every app has been asked about', () => sync.mock.calls.length > 0);
    return wake.mock.calls.length > 0;
  };
  await eventually('all of it is known', async () => !(await tick()));
  const [gone] = workers();
  server.engine.replicas.delete(gone?.shown.name ?? '');
  expect(workers()).toHaveLength(1);
  await tick();
  await eventually('both are there again', () => workers().length === 2, 5_000);
});

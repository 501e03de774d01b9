import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { BuildRow } from '../../../server/store/builds.ts';
import type { ReleaseRow } from '../../../server/store/releases.ts';
import type { RetiringRow } from '../../../server/store/rollouts.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let app: AppRow;
/** Added to the monotonic clock, in milliseconds. */
let passed: number;
const FILES = { Dockerfile: 'FROM busybox:1\n', Procfile: 'web: serve\nworker: work\n' };
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
  passed = 0;
  const real = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => real() + passed);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.remove();
});

/** Makes a release of an image live that keeps what was live before for so long, then waits until that has happened. */
async function live(image: string, keep = '60s'): Promise<ReleaseRow> {
  const build = await begun(image, keep);
  await server.context.followEnd(build.id, 'live');
  const release = server.context.store.releases.byBuild(build.id) as ReleaseRow;
  expect(server.context.store.apps.require(app.id).live_release_id).toBe(release.id);
  return release;
}

async function begun(image: string, keep: string): Promise<BuildRow> {
  const canary = keep === 'off' ? 'off' : `{keep: ${keep}}`;
  const commit = await server.commit(app, {
    ...FILES,
    image,
    'sluice.yaml': `scale: {web: 2, worker: 1}\ncanary: ${canary}\n`,
  });
  const build = await server.push(app, commit, { options: { now: true, supersede: true } });
  await server.build(build, image);
  return build;
}

/** Waits until the engine runs these replicas and no others: `v1.web.1`. */
async function runs(...wanted: string[]): Promise<void> {
  await eventually(
    wanted.join(', '),
    () => {
      const found = server.engine
        .find({ appId: app.id })
        .map(({ releaseNumber, shown }) => `v${releaseNumber}.${shown.process}.${shown.index}`);
      expect(found.toSorted()).toEqual(wanted.toSorted());
      return true;
    },
    5_000,
  );
}

const all = (release: string): string[] => ['web.1', 'web.2', 'worker.1'].map((one) => `${release}.${one}`);
const web = (release: string): string[] => ['web.1', 'web.2'].map((one) => `${release}.${one}`);

function retiring(): RetiringRow[] {
  return server.context.store.rollouts.retiring(app.id);
}

/** Lets time pass and has the app looked at until the journal shows what must come of it. */
async function after(ms: number, what: string, seen: () => boolean): Promise<void> {
  passed += ms;
  await eventually(
    what,
    () => {
      server.engine.changed(app.id);
      return seen();
    },
    5_000,
  );
}

test('the old release keeps its web processes until its time is over, and ends its others at once', async () => {
  const first = await live('image-1');
  const counts = vi.spyOn(server.traffic, 'counts');
  await live('image-2');
  await runs(...web('v1'), ...all('v2'));
  expect(server.traffic.routes.get(app.id)?.releases).toMatchObject([
    { weight: 10_000 },
    { releaseId: first.id, weight: 0, backends: [{}, {}] },
  ]);
  await after(20_000, 'the time is journalled', () => (retiring()[0]?.keep_left_ms ?? 60_000) <= 40_000);
  expect(retiring()[0]?.keep_left_ms).toBeGreaterThan(35_000);
  expect(counts).not.toHaveBeenCalled();
  await after(40_000, 'it retires', () => retiring().length === 0);
  await runs(...all('v2'));
});

test.each(['0s', 'off'])('with keep %s it ends at once', async (keep) => {
  await live('image-1');
  await live('image-2', keep);
  await runs(...all('v2'));
});

test('a clock that jumps changes nothing', async () => {
  await live('image-1');
  await live('image-2');
  await runs(...web('v1'), ...all('v2'));
  const real = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => real() + 86_400_000);
  await after(10_000, 'it is counted', () => (retiring()[0]?.keep_left_ms ?? 60_000) <= 50_000);
  expect(retiring()[0]?.keep_left_ms).toBeGreaterThan(45_000);
  await runs(...web('v1'), ...all('v2'));
});

test('time in which no server ran does not count, and what a crash left undone is done at the next start', async () => {
  await live('image-1');
  const { workloads } = server.context;
  const ensure = workloads.ensure.bind(workloads);
  vi.spyOn(workloads, 'ensure').mockImplementation(async (spec) => {
    // Too late for the worker of the old release.
    if (spec.image === 'image-2') await ensure(spec);
  });
  await live('image-2');
  await eventually('it is kept', () => retiring().length === 1);
  await runs(...all('v1'), ...all('v2'));
  await server.close();
  passed += 3_600_000;
  await server.open();
  await runs(...web('v1'), ...all('v2'));
  await after(10_000, 'it is counted', () => (retiring()[0]?.keep_left_ms ?? 60_000) <= 50_000);
  expect(retiring()[0]?.keep_left_ms).toBeGreaterThan(40_000);
  await runs(...web('v1'), ...all('v2'));
});

test('only one release is kept: the one that was live last', async () => {
  await live('image-1');
  await live('image-2');
  await live('image-3');
  await runs(...web('v2'), ...all('v3'));
  await live('image-4', '0s');
  await runs(...all('v4'));
});

test('a release that comes to nothing takes no warmth from another', async () => {
  await live('image-1');
  await live('image-2');
  server.engine.behave('image-3', 'crashes');
  const build = await begun('image-3', '60s');
  await server.context.followEnd(build.id, 'live');
  await runs(...web('v1'), ...all('v2'));
});

test('it is scaled with what is live', async () => {
  await live('image-1');
  await live('image-2');
  await runs(...web('v1'), ...all('v2'));
  await server.context.operations.scale(server.alice, app, { web: 1, worker: 2 });
  await runs('v1.web.1', 'v2.web.1', 'v2.worker.1', 'v2.worker.2');
});

test('one whose image is gone is not kept at any price', async () => {
  await live('image-1');
  const { workloads } = server.context;
  const ensure = workloads.ensure.bind(workloads);
  vi.spyOn(workloads, 'ensure').mockImplementation(async (spec) => {
    if (spec.image === 'image-1') throw new Refusal(409, 'image_missing', 'the image is gone');
    await ensure(spec);
  });
  await live('image-2');
  await runs(...all('v2'));
});

test('a rollback gives it all traffic at once and keeps it until that has replicas of its own', async () => {
  const first = await live('image-1');
  await live('image-2');
  await runs(...web('v1'), ...all('v2'));
  server.engine.behave('image-1', 'waits');
  await server.context.operations.rollback(server.alice, app);
  await runs(...web('v1'), ...all('v2'), ...web('v3'));
  expect(server.traffic.routes.get(app.id)?.releases[0]).toMatchObject({
    releaseId: first.id,
    weight: 10_000,
    backends: [{}, {}],
  });
  const looks = vi.spyOn(server.context.workloads, 'observe');
  await after(100_000, 'it was looked at', () => looks.mock.calls.length > 6);
  await runs(...web('v1'), ...all('v2'), ...web('v3'));
  server.engine.set({ appId: app.id }, { state: 'ready' });
  await eventually('its worker is there', () => server.engine.find({ process: 'worker' }).length > 1);
  server.engine.set({ appId: app.id }, { state: 'ready' });
  await runs(...all('v3'));
});

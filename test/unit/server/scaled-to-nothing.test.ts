import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import type { BuildRow } from '../../../server/store/builds.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { verdictOf } from '../../../server/verdict.ts';
import { verdictLines } from '../../../server/git/verdict-lines.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

/** Nobody would wait for so long a bake. */
const SETTINGS = 'canary: {steps: [10], bake: 1h, keep: 0s}\n';
const JOBS = { Dockerfile: 'FROM busybox:1\n', Procfile: 'worker: work\nclock: tick\n' };

let server: TestServer;
let app: AppRow;
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('jobs');
});
afterEach(async () => {
  await server.remove();
});

async function pushed(files: Record<string, string>, image: string): Promise<BuildRow> {
  const build = await server.push(app, await server.commit(app, { ...files, image }));
  await server.build(build, image);
  return build;
}

function rolloutOf(build: BuildRow): RolloutRow | undefined {
  const release = server.context.store.releases.byBuild(build.id);
  return release && server.context.store.rollouts.byRelease(release.id);
}

function story(build: BuildRow): string[] {
  const rollout = rolloutOf(build);
  return rollout ? server.context.store.rollouts.events(rollout.id).map(({ text }) => text) : [];
}

function verdict(build: BuildRow): string[] {
  const { store } = server.context;
  const now = store.builds.require(build.id);
  return verdictLines(
    'jobs',
    'live',
    verdictOf(store, store.apps.require(app.id), now, 'live', 'http://jobs'),
  );
}

test('where nothing runs nothing is watched: it is live at once, and says how to run it', async () => {
  const files = { ...JOBS, 'sluice.yaml': SETTINGS };
  for (const [number, image] of ['one', 'two'].entries()) {
    const build = await pushed(files, image);
    await server.context.followEnd(build.id, 'live');
    const release = `Release v${number + 1}`;
    expect(story(build)).toEqual([
      `${release}: nothing to start, as worker, clock are scaled to 0`,
      'nothing of it runs; to start it: sluice ps:scale worker=1 clock=1 -a jobs',
      `${release} is live`,
    ]);
  }
  expect(server.engine.find({ appId: app.id })).toEqual([]);
});

test('workers that are scaled away while they are watched make nothing live', async () => {
  const files = { ...JOBS, 'sluice.yaml': `scale: {worker: 1}\n${SETTINGS}` };
  await server.context.followEnd((await pushed(files, 'one')).id, 'live');
  const build = await pushed(files, 'two');
  await eventually('they are watched', () => rolloutOf(build)?.state === 'canary');
  expect(story(build)).toEqual([
    'Release v2: starting 1 worker',
    'v2 runs beside v1 for 1 h (1 worker): without web there are no requests to compare, so it must stay up',
  ]);
  await server.context.operations.scale(server.alice, app, { worker: 0 });
  await eventually('it waits', () =>
    story(build).includes(
      'v2 waits, as all of it is scaled to 0 and nothing can be compared: sluice ps:scale worker=1 -a jobs   goes on, sluice rollouts:abort -a jobs   takes it back',
    ),
  );
  expect(rolloutOf(build)?.state).toBe('canary');
});

test('only what has a web process is said to be at a URL', async () => {
  const off = 'scale: {worker: 1}\ncanary: off\n';
  const jobs = await pushed({ ...JOBS, 'sluice.yaml': off }, 'one');
  await server.context.followEnd(jobs.id, 'live');
  expect(verdict(jobs)).toEqual(['=====> v1 is live']);
  const web = await pushed({ ...JOBS, Procfile: 'web: serve\n', 'sluice.yaml': 'canary: off\n' }, 'two');
  await server.context.followEnd(web.id, 'live');
  expect(verdict(web)[0]).toBe('=====> v2 is live: http://jobs');
});

test('where web is scaled to 0 no URL is told, but how to scale it', async () => {
  const files = { ...JOBS, Procfile: 'web: serve\nworker: work\n' };
  const off = 'scale: {web: 0, worker: 1}\ncanary: off\n';
  const first = await pushed({ ...files, 'sluice.yaml': off }, 'one');
  await server.context.followEnd(first.id, 'live');
  expect(verdict(first)).toEqual([
    '=====> v1 is live, but no web replica runs',
    '       Start one: sluice ps:scale web=1 -a jobs',
  ]);
  server.engine.behave('two', 'crashes');
  await server.context.operations.scale(server.alice, app, { worker: 2 });
  const bad = await pushed({ ...files, 'sluice.yaml': off }, 'two');
  await server.context.followEnd(bad.id, 'live');
  expect(verdict(bad).at(-1)).toMatch(
    /^ {7}Live now: v1 \([0-9a-f]{8}\), but no web replica runs; start one: sluice ps:scale web=1 -a jobs$/,
  );
  await server.context.operations.scale(server.alice, app, { web: 1 });
  expect(verdict(first)[0]).toBe('=====> v1 is live: http://jobs');
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import type { BuildRow } from '../../../server/store/builds.ts';
import type { PersonRow } from '../../../server/store/people.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let app: AppRow;
let bob: PersonRow;
const FILES = { Dockerfile: 'FROM busybox:1\n' };
const WALKS = { ...FILES, 'sluice.yaml': 'canary: {steps: [10], bake: 60s}\n' };
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
  bob = server.context.store.people.create('bob', true);
});
afterEach(async () => {
  await server.remove();
});

/** A canary of alice's, v3, beside a live v2. */
async function canary(): Promise<BuildRow> {
  const first = await server.commit(app, FILES);
  await server.deploy(app, first, 'image-1');
  const second = await server.commit(app, { ...FILES, n: '2' }, first);
  await server.deploy(app, second, 'image-2');
  const build = await server.push(app, await server.commit(app, WALKS, second));
  await server.build(build, 'image-3');
  await eventually('it is a canary', () => rolloutOf(build)?.state === 'canary');
  return build;
}

function rolloutOf(build: BuildRow) {
  const release = server.context.store.releases.byBuild(build.id);
  return release && server.context.store.rollouts.byRelease(release.id);
}

async function pushed(build: BuildRow): Promise<void> {
  const commit = await server.commit(app, { ...WALKS, n: '4' }, build.commit_id);
  const { operations } = server.context;
  const options = { wait: 'live', detach: false, now: false, noCache: false, supersede: false } as const;
  const push = { commit, old: '0'.repeat(40), options };
  const { build: next } = await operations.acceptPush(bob, app, push);
  await server.build(next, 'image-4');
}

test.each([
  ['a push', pushed, /^v4 \(Deploy [0-9a-f]{8}, by bob\)/, 'sluice builds:log 4 -f -a shop'],
  [
    'a config change',
    async () => server.context.operations.setConfig(bob, app, { A: '1' }),
    /^v4 \(Set A, by bob\)/,
    'sluice rollouts:show v4 -a shop',
  ],
  [
    'a rollback',
    async () => server.context.operations.rollback(bob, app, 1),
    /^v4 \(Rollback to v1, by bob\)/,
    'sluice rollouts:show v4 -a shop',
  ],
])('a canary that %s takes over is told by what, by whom, and how to follow it', async (_, by, what, how) => {
  const build = await canary();
  await by(build);
  await server.context.followEnd(build.id, 'live');
  expect(rolloutOf(build)).toMatchObject({
    state: 'superseded',
    reason: { code: 'superseded', message: expect.stringMatching(what), hint: expect.stringContaining(how) },
  });
  const story = server.context.store.rollouts.events(rolloutOf(build)?.id ?? '');
  expect(story.at(-1)).toMatchObject({ kind: 'superseded', text: expect.stringMatching(what) });
});

test('a build that a newer one takes over is told the same', async () => {
  const first = await server.commit(app, FILES);
  const build = await server.push(app, first);
  const second = await server.commit(app, { ...FILES, n: '2' }, first);
  await server.push(app, second);
  expect(server.context.store.builds.require(build.id).reason).toMatchObject({
    message: `build 2 (${second.slice(0, 8)}, by alice) is newer and took over`,
    hint: 'how that one goes: sluice builds:log 2 -f -a shop',
  });
});

import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verdictOf } from '../../../server/verdict.ts';
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

function logOf({ id }: BuildRow): Promise<string> {
  return text(server.context.buildLogs.read(id, 0));
}

function verdict({ id }: BuildRow) {
  const { store } = server.context;
  return verdictOf(store, store.apps.require(app.id), store.builds.require(id), 'live', '');
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

describe('a config change takes the commit of a canary along', () => {
  /** What a push answers that has what it takes, and does not ask to replace anything. */
  async function push(commit: string) {
    const options = { wait: 'live', detach: false, now: false, noCache: false, supersede: false } as const;
    const old = server.context.store.builds.byNumber(app.id, 2)?.commit_id ?? '';
    return server.context.operations.acceptPush(bob, app, { commit, old, options });
  }

  test('so its pusher waits on, and is told', async () => {
    const build = await canary();
    const { operations, store } = server.context;
    const { release } = await operations.setConfig(bob, app, { A: '1' });
    expect(rolloutOf(build)).toMatchObject({
      state: 'superseded',
      reason: {
        message: `v4 (Set A, by bob) is newer and took over, with commit ${build.commit_id.slice(0, 8)}`,
      },
    });
    expect(verdict(build)).toMatchObject({ ended: false, release: { number: 4 } });
    const log = await logOf(build);
    expect(log).toContain(
      '-----> bob changed the config (Set A): v4 goes on with this commit, from its first step\n',
    );
    await eventually('it is a canary', () => store.rollouts.byRelease(release?.id ?? '')?.state === 'canary');
    expect(await logOf(build)).toContain('Canary step 1 of 1: 10 % of requests go to v4');
    await operations.setConfig(bob, app, { A: '2' });
    await operations.cancelBuild(server.alice, app, build);
    expect(verdict(build)).toMatchObject({
      ended: true,
      ok: false,
      release: { number: 5 },
      reason: { code: 'cancelled' },
    });
  });

  test('so nobody pushes it away unasked, and the same push attaches', async () => {
    const build = await canary();
    await server.context.operations.setConfig(bob, app, { A: '1' });
    const sibling = await server.commit(
      app,
      { ...WALKS, n: 'sibling' },
      server.context.store.builds.byNumber(app.id, 2)?.commit_id,
    );
    await expect(push(sibling)).rejects.toMatchObject({ reason: { code: 'not_descendant' } });
    expect(await push(build.commit_id)).toMatchObject({ attached: true, build: { id: build.id } });
  });

  test('but not that of what is live', async () => {
    const build = await canary();
    const { operations, store } = server.context;
    await operations.steerRollout(server.alice, app, 3, 'promote');
    await server.context.followEnd(build.id, 'live');
    const { release } = await operations.setConfig(bob, app, { A: '1' });
    expect(store.rollouts.byRelease(release?.id ?? '')?.build_id).toBeNull();
    expect(verdict(build)).toMatchObject({ ended: true, ok: true, release: { number: 3 } });
  });
});

test('a change of config that another takes over is told that it goes on with that', async () => {
  const build = await canary();
  await server.context.operations.steerRollout(server.alice, app, 3, 'promote');
  await server.context.followEnd(build.id, 'live');
  const { operations, store } = server.context;
  const { release } = await operations.setConfig(bob, app, { A: '1' });
  await operations.setConfig(server.alice, app, { B: '2' });
  expect(store.rollouts.byRelease(release?.id ?? '')?.reason?.message).toBe(
    'v5 (Set B, by alice) is newer and took over, with this change of config',
  );
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

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import type { BuildRow } from '../../../server/store/builds.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

const FILES = { Dockerfile: 'FROM busybox:1\n', Procfile: 'web: serve\nrelease: migrate\n' };

let server: TestServer;
let app: AppRow;
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(() => server.remove());

function releaseOf({ id }: BuildRow): string {
  return server.context.store.releases.byBuild(id)?.id ?? '';
}

/** Of releases whose config the engine has. */
function configured(): string[] {
  return [...server.engine.configured.keys()];
}

async function pushed(n: string, parent?: BuildRow): Promise<BuildRow> {
  const build = await server.push(app, await server.commit(app, { ...FILES, n }, parent?.commit_id));
  await server.build(build, `image-${n}`);
  return build;
}

async function isLive(build: BuildRow): Promise<void> {
  const live = () => server.context.store.apps.require(app.id).live_release_id === releaseOf(build);
  await eventually('it is live', () => live() && server.context.store.rollouts.retiring(app.id).length === 0);
}

test('the config of a release whose release command failed goes, though no replica ever was', async () => {
  const good = await pushed('1');
  await isLive(good);
  server.engine.oneOff = () => ({ code: 1 });
  const bad = await pushed('2', good);
  const rollout = () => server.context.store.rollouts.byRelease(releaseOf(bad))?.state;
  await eventually('it failed', () => rollout() === 'failed');
  await eventually('only that of the live one is left', () => !configured().includes(releaseOf(bad)));
  expect(configured()).toEqual([releaseOf(good)]);
});

test('what a crash left of one goes at the next start, of an app at rest', async () => {
  const first = await pushed('1');
  await isLive(first);
  const second = await pushed('2', first);
  await isLive(second);
  await eventually('the first is gone', () => !configured().includes(releaseOf(first)));
  const left = releaseOf(first);
  await server.close();
  // As if the server had died between the journal's word and the engine's.
  server.engine.configured.set(left, app.id);
  await server.open();
  await eventually('the first is gone again', () => !configured().includes(releaseOf(first)));
  expect(configured()).toEqual([releaseOf(second)]);
});

test('of a release that the journal does not know nothing is taken away, and nothing fails', async () => {
  const first = await pushed('1');
  await isLive(first);
  server.engine.configured.set('not-in-the-journal', app.id);
  const second = await pushed('2', first);
  await isLive(second);
  await eventually('the first is gone', () => !configured().includes(releaseOf(first)));
  expect(configured().toSorted()).toEqual(['not-in-the-journal', releaseOf(second)].toSorted());
});

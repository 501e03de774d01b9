import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import type { ReleaseRow } from '../../../server/store/releases.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

/** What happens to a release that takes over at this moment when something newer comes. */
let server: TestServer;
let app: AppRow;
const FILES = {
  Dockerfile: 'FROM busybox:1\n',
  Procfile: 'web: serve\nworker: work\n',
  'sluice.yaml': 'scale: {worker: 1}\ncanary: off\n',
};
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(async () => {
  await server.remove();
});

async function made(image: string): Promise<ReleaseRow> {
  const commit = await server.commit(app, { ...FILES, image });
  const build = await server.push(app, commit, { options: { supersede: true } });
  await server.build(build, image);
  return server.context.store.releases.byBuild(build.id) as ReleaseRow;
}

async function live(image: string): Promise<ReleaseRow> {
  const release = await made(image);
  await eventually('it is live', () => rolloutOf(release).state === 'live');
  return release;
}

/** Until its web is ready and its worker is not. */
async function promotes(release: ReleaseRow): Promise<void> {
  const web = { releaseId: release.id, process: 'web' };
  await eventually('web is there', () => server.engine.find(web).length === 1);
  server.engine.set(web, { state: 'ready' });
  await eventually('it takes over', () => rolloutOf(release).state === 'promoting');
}

function rolloutOf({ id }: ReleaseRow): RolloutRow {
  return server.context.store.rollouts.byRelease(id) as RolloutRow;
}

test('what waited for a rollback to end comes after that, and is compared with it', async () => {
  await live('image-1');
  await live('image-2');
  server.engine.behave('image-1', 'waits');
  const back = await server.context.operations.rollback(server.alice, app);
  await promotes(back);
  const next = await made('image-3');
  server.engine.set({ releaseId: back.id }, { state: 'ready' });
  await eventually('it is live', () => rolloutOf(next).state === 'live');
  expect(rolloutOf(back).state).toBe('live');
  expect(rolloutOf(next).previous_release_id).toBe(back.id);
});

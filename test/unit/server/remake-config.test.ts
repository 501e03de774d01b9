import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEFAULT_CANARY } from '../../../core/manifest/manifest.ts';
import { remakeConfigReleases } from '../../../server/operations/remake-config.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { ReleaseRow } from '../../../server/store/releases.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import type { Store } from '../../../server/store/store.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let store: Store;
let app: AppRow;
const FILES = {
  Dockerfile: 'FROM busybox:1\n',
  Procfile: 'web: serve\nworker: work\n',
  'sluice.yaml': 'scale: {worker: 1}\ncanary: {keep: 0s}\n',
};
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
  store = server.context.store;
});
afterEach(async () => {
  await server.remove();
});

const rolloutOf = ({ id }: ReleaseRow): RolloutRow => store.rollouts.byRelease(id) as RolloutRow;

async function begun(files: Record<string, string>, image: string): Promise<ReleaseRow> {
  const build = await server.push(app, await server.commit(app, { ...FILES, ...files }), {
    options: { now: true, supersede: true },
  });
  await server.build(build, image);
  return eventually('made', () => store.releases.byBuild(build.id));
}

/** A release that is taking over: its web is ready, its worker is not. */
async function promoting(image: string): Promise<ReleaseRow> {
  server.engine.behave(image, 'waits');
  const release = await begun({ image }, image);
  const web = { releaseId: release.id, process: 'web' };
  await eventually('web is there', () => server.engine.find(web).length === 1);
  server.engine.set(web, { state: 'ready' });
  await eventually('it takes over', () => rolloutOf(release).state === 'promoting');
  return release;
}

async function live(image: string): Promise<ReleaseRow> {
  const release = await begun({}, image);
  await eventually('it is live', () => rolloutOf(release).state === 'live');
  return release;
}

/** As the controller does when a promotion breaks off. */
function breakOff(release: ReleaseRow): ReleaseRow | undefined {
  const made = store.transaction(() => {
    store.rollouts.move(rolloutOf(release).id, 'roll-back', { weight: 0 });
    return remakeConfigReleases(store, app, release);
  });
  server.engine.changed(app.id);
  return made;
}

async function changed(value: string, now = false): Promise<ReleaseRow> {
  const { release } = await server.context.operations.setConfig(server.alice, app, { A: value }, { now });
  return release as ReleaseRow;
}

test('a change that was made on a promotion that broke off is made on what stays live', async () => {
  const first = await live('image-1');
  const failed = await promoting('image-2');
  await changed('1');
  const change = await changed('2');
  expect(change).toMatchObject({ number: 4, image: 'image-2' });
  const made = breakOff(failed);
  expect(made).toMatchObject({
    number: 5,
    image: 'image-1',
    build_id: first.build_id,
    commit_id: first.commit_id,
    config_version: change.config_version,
    source: 'config',
    description: 'Set A (v4 again, as v2 did not go live)',
    person_id: server.alice.id,
  });
  expect(rolloutOf(made as ReleaseRow).plan).toMatchObject({ canary: { ...DEFAULT_CANARY, keepSeconds: 0 } });
  expect(rolloutOf(change)).toMatchObject({ state: 'superseded', superseded_by: 5 });
});

test('without a canary when it was asked for so', async () => {
  await live('image-1');
  const failed = await promoting('image-2');
  await changed('1', true);
  const made = breakOff(failed) as ReleaseRow;
  expect(rolloutOf(made).plan.canary).toBe(false);
  await eventually('it is live', () => rolloutOf(made).state === 'live');
  expect(server.context.operations.liveSpec(app)).toMatchObject({ image: 'image-1', env: { A: '1' } });
});

test('what has another image, or nothing live to fall back on, stays as it is', async () => {
  const alone = await promoting('image-1');
  const onAlone = await changed('0', true);
  expect(breakOff(alone)).toBeUndefined();
  const web = { releaseId: onAlone.id };
  await eventually('it is there', () => server.engine.find(web).length === 1);
  server.engine.set(web, { state: 'ready' });
  await eventually('all of it', () => server.engine.find(web).length === 2);
  server.engine.set(web, { state: 'ready' });
  await eventually('it is live', () => rolloutOf(onAlone).state === 'live');
  const failed = await promoting('image-2');
  const newer = await begun({ n: '3' }, 'image-3');
  expect(breakOff(failed)).toBeUndefined();
  await eventually('it is live', () => rolloutOf(newer).state === 'live');
});

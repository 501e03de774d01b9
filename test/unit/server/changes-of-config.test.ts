import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let app: AppRow;
const FILES = { Dockerfile: 'FROM busybox:1\n' };
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(async () => {
  await server.remove();
});

const operations = (): TestServer['context']['operations'] => server.context.operations;

test('before the first release a config change is only a version; the first release takes the newest', async () => {
  expect(await operations().setConfig(server.alice, app, { A: '1' })).toEqual({
    version: 1,
    unchanged: false,
  });
  expect(await operations().setConfig(server.alice, app, { A: '1' })).toEqual({
    version: 1,
    unchanged: true,
  });
  await server.deploy(app, await server.commit(app, FILES), 'image-1');
  expect(operations().liveSpec(app)?.env).toMatchObject({ A: '1', PORT: '3000', SLUICE_RELEASE: 'v1' });
});

test('a change is a release of the same image, and a rollback restores image and config at once', async () => {
  const first = await server.commit(app, FILES);
  await server.deploy(app, first, 'image-1');
  const { release } = await operations().setConfig(server.alice, app, { A: '1', B: '2' });
  expect(release).toMatchObject({ number: 2, image: 'image-1', description: 'Set A, B' });
  await server.settled(app);
  await operations().setConfig(server.alice, app, { A: null });
  await server.settled(app);
  await server.deploy(app, await server.commit(app, { ...FILES, x: 'y' }, first), 'image-2');
  expect(operations().liveSpec(app)).toMatchObject({ image: 'image-2', releaseNumber: 4 });
  await operations().rollback(server.alice, app, 2);
  await server.settled(app);
  expect(operations().liveSpec(app)).toMatchObject({
    image: 'image-1',
    releaseNumber: 5,
    env: { A: '1', B: '2' },
  });
  expect(await server.context.repositories.branch(app.id, 'main')).toBe(first);
  // The next change goes on from what was restored.
  await operations().setConfig(server.alice, app, { C: '3' });
  await server.settled(app);
  expect(operations().liveSpec(app)?.env).toMatchObject({ A: '1', B: '2', C: '3' });
});

test('a change whose release failed is tried again when it is set again, and then changes nothing more', async () => {
  await server.deploy(app, await server.commit(app, FILES), 'image-1');
  server.engine.behave('image-1', 'crashes');
  expect((await operations().setConfig(server.alice, app, { A: '1' })).release).toMatchObject({ number: 2 });
  await server.settled(app);
  expect(operations().liveSpec(app)).toMatchObject({ releaseNumber: 1 });
  server.engine.behave('image-1', 'healthy');
  const again = await operations().setConfig(server.alice, app, { A: '1' });
  expect(again).toMatchObject({ version: 1, release: { number: 3, description: 'Set A' } });
  // On its way, it is not made once more.
  expect(await operations().setConfig(server.alice, app, { A: '1' })).toEqual({
    version: 1,
    unchanged: true,
    alreadyIn: 3,
  });
  await server.settled(app);
  expect(operations().liveSpec(app)).toMatchObject({ releaseNumber: 3, env: { A: '1' } });
  expect(await operations().setConfig(server.alice, app, { A: '1' })).toEqual({
    version: 1,
    unchanged: true,
    alreadyIn: 3,
  });
});

test('what a rollback cannot do is refused with what to type', async () => {
  await expect(operations().rollback(server.alice, app)).rejects.toMatchObject({
    reason: { code: 'nothing_to_roll_back' },
  });
  server.engine.behave('bad', 'crashes');
  const first = await server.commit(app, FILES);
  await server.deploy(app, first, 'bad');
  await expect(operations().rollback(server.alice, app, 1)).rejects.toMatchObject({
    reason: { code: 'release_was_never_live' },
  });
  await expect(operations().rollback(server.alice, app, 9)).rejects.toMatchObject({
    reason: { code: 'release_not_found' },
  });
});

test('keys and values that cannot be are refused by name, and change nothing', async () => {
  for (const changes of [
    { '1A': 'x' },
    { PORT: '1' },
    { SLUICE_X: '1' },
    { A: 'nul\0' },
    { A: 'x'.repeat(300_000) },
  ]) {
    await expect(operations().setConfig(server.alice, app, changes)).rejects.toMatchObject({ status: 422 });
  }
  expect(server.context.store.configs.newestVersion(app.id)).toBe(0);
});

test('a change that is aborted or fails says how to undo it, and the next push that it comes along', async () => {
  const walks = { ...FILES, 'sluice.yaml': 'canary: {steps: [10], bake: 60s}\n' };
  const first = await server.commit(app, walks);
  await operations().setConfig(server.alice, app, { A: '1' });
  await server.deploy(app, first, 'image-1');
  const { rollouts, releases } = server.context.store;
  await operations().setConfig(server.alice, app, { A: '2', B: '3' });
  const back = 'to undo it: sluice config:set A=… -a shop and sluice config:unset B -a shop';
  const kept =
    'the config keeps the change, and the next release takes it; to undo it: sluice rollback v1 -a shop';
  const aborted = await operations().steerRollout(server.alice, app, 2, 'abort');
  expect(aborted.reason?.hint).toBe(kept);
  server.engine.behave('image-1', 'crashes');
  const again = await operations().setConfig(server.alice, app, { A: '2' }, { now: true });
  await eventually('it fails', () => rollouts.open(app.id).length === 0);
  const { id = '' } = rollouts.byRelease(again.release?.id ?? '') ?? {};
  expect(rollouts.events(id).map(({ text: line }) => line)).toContain(kept);
  const next = await server.push(app, await server.commit(app, { ...walks, x: 'y' }, first));
  await server.build(next, 'image-2');
  await eventually('it has begun', () => {
    const rollout = rollouts.byRelease(releases.byBuild(next.id)?.id ?? '');
    return rollout !== undefined && rollout.weight > 0;
  });
  expect(await text(server.context.buildLogs.read(next.id, 0))).toContain(
    `       with the config change of v3 (Set A, B), which did not go live: failed; ${back}\n`,
  );
});

test('going back to what is live undoes a change that did not go live', async () => {
  const first = await server.commit(app, FILES);
  await operations().setConfig(server.alice, app, { A: '1' });
  await server.deploy(app, first, 'image-1');
  server.engine.behave('image-1', 'crashes');
  const { release } = await operations().setConfig(server.alice, app, { A: '2', B: '3' }, { now: true });
  await eventually(
    'it fails',
    () => server.context.store.rollouts.byRelease(release?.id ?? '')?.state === 'failed',
  );
  server.engine.behave('image-1', 'healthy');
  const back = await operations().rollback(server.alice, app, 1);
  expect(back).toMatchObject({ number: 3, rollback_of: 1 });
  await server.settled(app);
  expect(server.context.store.configs.newest(app).values).toEqual({ A: '1' });
  await expect(operations().rollback(server.alice, app, 3)).rejects.toMatchObject({
    reason: { code: 'live_already' },
  });
});

test('config that app.json requires and nobody set ends the rollout with the command that sets it', async () => {
  const commit = await server.commit(app, {
    ...FILES,
    'app.json': '{"env": {"API_KEY": {"required": true}, "MODE": {"value": "fast"}}}',
  });
  const build = await server.deploy(app, commit, 'image-1');
  const release = server.context.store.releases.byBuild(build.id);
  const rollout = server.context.store.rollouts.byRelease(release?.id ?? '');
  expect(rollout).toMatchObject({
    state: 'failed',
    reason: { code: 'config_missing', hint: expect.stringContaining('API_KEY=') },
  });
  await operations().setConfig(server.alice, app, { API_KEY: 'k' });
  await server.deploy(app, commit, 'image-1');
  expect(operations().liveSpec(app)?.env).toMatchObject({ API_KEY: 'k', MODE: 'fast' });
});

test('images that no rollback needs are removed; live, its targets and a newer one on its way stay', async () => {
  let parent: string | undefined;
  for (let n = 1; n <= 8; n++) {
    parent = await server.commit(app, { ...FILES, n: String(n) }, parent);
    await server.deploy(app, parent, `image-${n}`);
    await server.settled(app);
  }
  for (let n = 0; n < 6; n++) {
    await server.context.operations.setConfig(server.alice, app, { N: String(n) });
    await server.settled(app);
  }
  const left = (server.engine.images.get(app.id) ?? []).map(({ image }) => image);
  expect(left).toEqual(['image-3', 'image-4', 'image-5', 'image-6', 'image-7', 'image-8']);
});

test('a rollback that brings back an earlier value of a secret says so, and never the value', async () => {
  await operations().setSecrets(server.alice, app, { values: { KEY: 'first-value', SAME: 'stays-here' } });
  await server.deploy(app, await server.commit(app, FILES), 'image-1');
  await operations().rotateSecret(server.alice, app, { name: 'KEY', generate: 32 });
  await server.settled(app);
  const back = await operations().rollback(server.alice, app, 1);
  await server.settled(app);
  expect(operations().liveSpec(app)?.env).toMatchObject({ KEY: 'first-value' });
  const { rollouts } = server.context.store;
  const told = rollouts.events(rollouts.byRelease(back.id)?.id ?? '').map(({ text: line }) => line);
  expect(told).toContain(
    'v1 brings back an earlier value of KEY: where that was revoked, set it again with `sluice secrets:set KEY -a shop`',
  );
  expect(told.join()).not.toMatch(/first-value|stays-here/);
});

test('a staged change comes with the next release, and a build that begins meanwhile takes it', async () => {
  const first = await server.commit(app, FILES);
  await server.deploy(app, first, 'image-1');
  await operations().setConfig(server.alice, app, { A: '1' }, { release: false });
  expect(operations().liveSpec(app)?.env).not.toHaveProperty('A');
  await server.deploy(app, await server.commit(app, { ...FILES, x: 'y' }, first), 'image-2');
  expect(operations().liveSpec(app)).toMatchObject({ image: 'image-2', env: { A: '1' } });
  await operations().setConfig(server.alice, app, { B: '2' }, { release: false });
  const { release } = await operations().setConfig(server.alice, app, { C: '3' });
  expect(release).toMatchObject({ description: 'Set B, C' });
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CanaryPolicy } from '../../../core/manifest/manifest.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { ReleaseRow } from '../../../server/store/releases.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let app: AppRow;
/** Commits of both kinds: releases with steps (10 and 50 percent), and releases without. */
const FILES = { Dockerfile: 'FROM busybox:1\n' };
const STEPS = { ...FILES, 'sluice.yaml': 'canary: {steps: [10, 50], keep: 0s}\n' };
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(async () => {
  await server.remove();
});

function canaryOf(release: ReleaseRow): CanaryPolicy | false | undefined {
  return server.context.store.rollouts.byRelease(release.id)?.plan.canary;
}

async function releaseOf(buildId: string): Promise<ReleaseRow> {
  return eventually('its release is made', () => server.context.store.releases.byBuild(buildId));
}

/** A commit's release, live at once whatever its steps are. */
async function liveNow(files: Record<string, string>, image: string): Promise<string> {
  const commit = await server.commit(app, files);
  const build = await server.push(app, commit, { options: { now: true, supersede: true } });
  await server.build(build, image);
  await server.context.followEnd(build.id, 'live');
  return commit;
}

test.each([
  ['the steps of its sluice.yaml', STEPS, false, { steps: [10, 50] }],
  ['no steps with -o now', STEPS, true, false],
  ['no steps with canary: off', FILES, false, false],
] as const)('a push walks %s', async (_what, files, now, plan) => {
  const build = await server.push(app, await server.commit(app, files), { options: { now } });
  await server.build(build, 'image-1');
  const canary = canaryOf(await releaseOf(build.id));
  if (plan === false) expect(canary).toBe(false);
  else expect(canary).toMatchObject(plan);
});

test.each([true, false])('builds:create walks the steps unless --now: %s', async (now) => {
  const commit = await liveNow(STEPS, 'image-1');
  const build = await server.context.operations.rebuild(server.alice, app, { commit, noCache: true, now });
  await server.build(build, 'image-2');
  const canary = canaryOf(await releaseOf(build.id));
  if (now) expect(canary).toBe(false);
  else expect(canary).toMatchObject({ steps: [10, 50] });
});

test('a config change walks the steps of the release that it changes, however that one went live', async () => {
  await liveNow(STEPS, 'image-1');
  const { release } = await server.context.operations.setConfig(server.alice, app, { A: '1' });
  expect(release && canaryOf(release)).toMatchObject({ steps: [10, 50] });
  const next = await server.context.operations.setConfig(server.alice, app, { A: '2' }, { now: true });
  expect(next.release && canaryOf(next.release)).toBe(false);
});

test('a rollback is immediate; asked for a canary it walks the steps of the release it goes back to', async () => {
  const { operations } = server.context;
  await liveNow(STEPS, 'image-1');
  await liveNow(FILES, 'image-2');
  expect(canaryOf(await operations.rollback(server.alice, app, 1))).toBe(false);
  await server.settled(app);
  expect(canaryOf(await operations.rollback(server.alice, app, 2, { canary: true }))).toBe(false);
  await server.settled(app);
  expect(canaryOf(await operations.rollback(server.alice, app, 1, { canary: true }))).toMatchObject({
    steps: [10, 50],
  });
});

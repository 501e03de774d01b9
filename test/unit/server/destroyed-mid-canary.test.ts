import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  await server.remove();
});

test('an app that is destroyed in the middle of a canary, with an old release warm, leaves nothing', async () => {
  const { store, repositories, buildLogs, operations } = server.context;
  const app = await server.app('shop');
  const files = { Dockerfile: 'FROM busybox:1\n', 'sluice.yaml': 'canary: {steps: [10], bake: 60s}\n' };
  const commits: string[] = [];
  for (const n of ['1', '2', '3']) {
    commits.push(await server.commit(app, { ...files, n }, commits.at(-1)));
    const build = await server.push(app, commits.at(-1) ?? '', { options: { now: n !== '3' } });
    await server.build(build, `image-${n}`);
    if (n !== '3') await server.context.followEnd(build.id, 'live');
  }
  await eventually('v3 is a canary, v1 is warm', () => {
    const weights = server.traffic.routes.get(app.id)?.releases.map(({ weight }) => weight);
    expect(weights).toEqual([9_000, 1_000, 0]);
    return store.rollouts.retiring(app.id).length === 1;
  });
  await operations.destroyApp(server.alice, app);
  await eventually('it is gone', () => store.apps.destroyed().length === 0, 5_000);
  expect(server.engine.find({})).toEqual([]);
  expect(server.engine.images.get(app.id)).toBeUndefined();
  expect(server.engine.networks.size).toBe(0);
  expect(server.traffic.routes.size).toBe(0);
  expect([await repositories.appIds(), await buildLogs.ids()]).toEqual([[], []]);
  for (const table of ['apps', 'builds', 'releases', 'rollouts', 'rollout_events', 'retiring']) {
    expect([table, store.db.get(`SELECT count(*) AS rows FROM ${table}`)]).toEqual([table, { rows: 0 }]);
  }
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { CanaryShop } from '../../support/canary-shop.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestServer } from '../../support/server.ts';

let shop: CanaryShop;
let server: TestServer;
beforeEach(async () => {
  shop = await CanaryShop.start('{steps: [50], bake: 1s, min_requests: 10, max_wait: 60s, keep: 0s}');
  ({ server } = shop);
});
afterEach(async () => {
  await server.remove();
});

function route() {
  return server.traffic.routes.get(shop.app.id);
}

test('a renamed app answers at both hosts, and nothing of it is started anew', async () => {
  const { operations, store } = server.context;
  const containers = (): string[] =>
    server.engine.find({ appId: shop.app.id }).map((one) => JSON.stringify(one));
  const before = containers();
  const name = shop.app.name;
  await operations.renameApp(server.alice, shop.app, 'store');
  await eventually('the route has both hosts', () => route()?.hosts.length === 2);
  expect(route()?.hosts).toEqual(['store.localhost', `${name}.localhost`]);
  expect(route()?.appName).toBe('store');
  expect(containers()).toEqual(before);
  expect(store.apps.byName(name)?.id).toBe(shop.app.id);
  // Whoever takes the name takes the host, and inherits nothing.
  const other = await server.app(name);
  await eventually('the host is let go', () => route()?.hosts.length === 1);
  expect(store.apps.byName(name)?.id).toBe(other.id);
  expect(store.apps.byName('store')?.id).toBe(shop.app.id);
  // And back: a name that is taken is refused, and changes nothing.
  await expect(operations.renameApp(server.alice, shop.app, name)).rejects.toMatchObject({
    reason: { code: 'app_exists' },
  });
  expect(route()?.hosts).toEqual(['store.localhost']);
});

test('an app that is renamed back has its first name alone twice over', async () => {
  const { operations, store } = server.context;
  const { name } = shop.app;
  await operations.renameApp(server.alice, shop.app, 'store');
  const back = await operations.renameApp(server.alice, shop.app, name);
  expect([back.name, ...store.apps.formerNames(back.id)]).toEqual([name, 'store']);
});

test('a canary goes on under another name', async () => {
  const { build, rollout } = await shop.canary();
  await server.context.operations.renameApp(server.alice, shop.app, 'store');
  const stop = shop.users(rollout);
  await server.context.followEnd(build.id, 'live');
  stop();
  expect(shop.rolloutOf(rollout.release_id).state).toBe('live');
  expect(route()?.appName).toBe('store');
});

test('maintenance is in the route at once, outlives the server, and ends', async () => {
  await server.context.operations.setMaintenance(server.alice, shop.app, true);
  await eventually('the router answers for it', () => route()?.maintenance === true);
  await server.close();
  server.traffic.routes.clear();
  await server.open();
  await eventually('the router is told again', () => route()?.maintenance === true);
  await server.context.operations.setMaintenance(server.alice, shop.app, false);
  await eventually('the app answers', () => route()?.maintenance === false);
});

test('a canary waits while maintenance is on: its time does not pass, and no verdict comes of silence', async () => {
  const { build, rollout } = await shop.canary();
  await server.context.operations.setMaintenance(server.alice, shop.app, true);
  await eventually('it says why it waits', () =>
    server.context.store.rollouts
      .events(rollout.id)
      .some(({ kind, text }) => kind === 'held' && /maintenance/.test(text)),
  );
  // No request comes, and a server that begins anew with that: longer than its bake.
  server.traffic.routes.clear();
  await server.close();
  await server.open();
  await eventually('the router is told again', () => route()?.maintenance === true);
  const kinds = server.context.store.rollouts.events(rollout.id).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind !== 'note')).toEqual(['starting', 'step', 'held']);
  expect(shop.rolloutOf(rollout.release_id).state).toBe('canary');
  await server.context.operations.setMaintenance(server.alice, shop.app, false);
  const again = shop.users(rollout);
  await server.context.followEnd(build.id, 'live');
  again();
  expect(shop.rolloutOf(rollout.release_id).state).toBe('live');
});

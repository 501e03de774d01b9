import { afterEach, beforeEach, expect, test } from 'vitest';
import { Backend } from '../router/backend.ts';
import { ask } from '../router/http-client.ts';
import { release, routeOf, until } from '../router/rig.ts';
import { FollowedServer, startFollower } from './rig.ts';
import type { Following } from './rig.ts';

let server: FollowedServer;
let backend: Backend;
let router: Following | undefined;

beforeEach(async () => {
  server = await FollowedServer.start();
  backend = await Backend.start('v1');
});

afterEach(async () => {
  await router?.stop();
  await server.stop();
  await backend.stop();
});

async function isReady({ readyPort }: Following): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${String(readyPort)}/readyz`)).ok;
}

test('a router that came with a new server takes requests once that has told of every app, and then always', async () => {
  const shop = routeOf('shop', [release('v1', 10_000, backend)]);
  const other = routeOf('other', [release('v1', 10_000, backend)]);
  router = await startFollower(server, 'new');
  // The server has looked at one of two apps.
  await server.traffic.apply(other);
  const { httpPort } = router;
  expect((await ask(httpPort, 'other.localhost')).status).toBe(200);
  expect((await ask(httpPort, 'shop.localhost')).status).toBe(404);
  expect(await isReady(router)).toBe(false);
  await server.traffic.sync([shop, other]);
  expect((await ask(httpPort, 'shop.localhost')).status).toBe(200);
  await until('it is ready', () => isReady(router as Following));

  // Started again beside a server that is started, too, it has its routes from its disk.
  await router.killRouter();
  await server.restart();
  await router.startRouter();
  await until('it is ready again', () => isReady(router as Following));
  expect((await ask(httpPort, 'shop.localhost')).status).toBe(200);
});

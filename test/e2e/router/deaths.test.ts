import { once } from 'node:events';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dataPaths } from '../../../core/paths.ts';
import { RouterTraffic } from '../../../router/client.ts';
import { Backend } from './backend.ts';
import { ask, hammer, Load } from './http-client.ts';
import { release, RouterRig, routeOf, until } from './rig.ts';

let rig: RouterRig;
let one: Backend;
let two: Backend;

beforeEach(async () => {
  rig = await RouterRig.start();
  one = await Backend.start('v1');
  two = await Backend.start('v2');
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, one)]));
});

afterEach(async () => {
  await rig.stop();
  await Promise.all([one.stop(), two.stop()]);
});

async function requests(releaseId: string): Promise<number> {
  return (
    (await rig.traffic.counts()).releases.find((counts) => counts.releaseId === releaseId)?.requests ?? 0
  );
}

/** HAProxy counts a request a moment after the client has its answer. */
async function expectRequests(releaseId: string, expected: number): Promise<void> {
  await expect.poll(async () => requests(releaseId)).toBe(expected);
}

test('HAProxy killed is back, and right', async () => {
  for (let round = 0; round < 3; round += 1) {
    const [pid] = await rig.haproxies();
    process.kill(pid as number, 'SIGKILL');
    await until('it answers again', async () => {
      const answer = await ask(rig.httpPort, 'shop.localhost').catch(() => undefined);
      return answer?.body === 'v1';
    });
    await until('the router has it', async () => (await rig.traffic.status()).haproxy.up);
  }
  expect(await rig.haproxies()).toHaveLength(1);
  expect((await rig.traffic.status()).haproxy.restarts).toBe(3);
});

test('HAProxy hanging is replaced', async () => {
  const [pid] = await rig.haproxies();
  process.kill(pid as number, 'SIGSTOP');
  await until('another one answers', async () => {
    const pids = await rig.haproxies();
    return pids.length === 1 && pids[0] !== pid;
  });
  await until('it serves', async () => (await rig.traffic.status()).haproxy.up);
  expect((await ask(rig.httpPort, 'shop.localhost')).body).toBe('v1');
});

test('the router killed: HAProxy goes on, and a new router adopts it without a failed request', async () => {
  const before = await rig.haproxies();
  const load = new Load(rig.httpPort, 'shop.localhost', 200, [new Agent({ keepAlive: true }), false]);
  await rig.killRouter();
  await until('requests are answered without it', () => load.answered > 50);
  await rig.startRouter();
  await rig.traffic.apply(routeOf('shop', [release('v1', 0, one), release('v2', 10_000, two)]));
  expect((await ask(rig.httpPort, 'shop.localhost')).body).toBe('v2');
  expect((await load.stop()).failures).toEqual([]);
  expect(await rig.haproxies()).toEqual(before);
  expect((await rig.traffic.status()).haproxy).toMatchObject({ reloads: 0, restarts: 0 });
});

test('both killed: the table comes back from disk, without the server', async () => {
  await rig.traffic.apply(routeOf('shop', [release('v1', 9_500, one), release('v2', 500, two)]));
  await rig.killRouter();
  for (const pid of await rig.haproxies()) process.kill(pid, 'SIGKILL');
  await until('both are gone', async () => (await rig.haproxies()).length === 0);
  await rig.startRouter();
  const seen = await hammer(rig.httpPort, 'shop.localhost', 1_000);
  expect(Object.keys(seen).toSorted()).toEqual(['v1', 'v2']);
  expect(Math.abs((seen['v2'] ?? 0) - 50)).toBeLessThanOrEqual(2);
});

test('kills of either at random moments of a stream of changes leave exactly one HAProxy, with the last change', async () => {
  let seed = 20_250_133;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  let last = 'v1';
  const enough = new AbortController();
  const changes = (async () => {
    while (!enough.signal.aborted) {
      const next = last === 'v1' ? 'v2' : 'v1';
      await rig.traffic.apply(routeOf('shop', [release(next, 10_000, next === 'v1' ? one : two)]));
      last = next;
    }
  })();
  // Awaited at the end.
  changes.catch(() => undefined);
  for (let round = 0; round < 10; round += 1) {
    await delay(random(200));
    if (random(2) === 0) {
      await rig.killRouter();
      await delay(random(50));
      rig.router = rig.spawnRouter();
    } else {
      for (const pid of await rig.haproxies()) process.kill(pid, 'SIGKILL');
    }
  }
  enough.abort();
  await changes;
  await until('one HAProxy is left', async () => (await rig.haproxies()).length === 1);
  await until('it is up', async () => (await rig.traffic.status()).haproxy.up);
  expect(await hammer(rig.httpPort, 'shop.localhost', 50)).toEqual({ [last]: 50 });
});

test('counts never go back when either restarts', async () => {
  await hammer(rig.httpPort, 'shop.localhost', 40);
  await expectRequests('v1', 40);
  await rig.killRouter();
  await hammer(rig.httpPort, 'shop.localhost', 10);
  await rig.startRouter();
  await expectRequests('v1', 50);
  process.kill((await rig.haproxies())[0] as number, 'SIGKILL');
  await until('HAProxy is back', async () => {
    const { haproxy } = await rig.traffic.status();
    return haproxy.up && haproxy.restarts === 1;
  });
  expect(await requests('v1')).toBe(50);
  await hammer(rig.httpPort, 'shop.localhost', 5);
  await expectRequests('v1', 55);
});

test('a second router on the same folder is refused, and the first goes on', async () => {
  const second = rig.spawnRouter();
  // Not at its end alone: what it has said comes through a pipe.
  const [code] = (await once(second, 'close')) as [number];
  expect(code, rig.output).toBe(1);
  expect(rig.output).toContain('another router already runs');
  expect((await ask(rig.httpPort, 'shop.localhost')).body).toBe('v1');
});

test('SIGTERM leaves HAProxy serving; with --stop-haproxy it ends too', async () => {
  const first = rig.router;
  first?.kill('SIGTERM');
  if (first !== undefined) await once(first, 'exit');
  expect((await ask(rig.httpPort, 'shop.localhost')).body).toBe('v1');
  const second = await rig.startRouter('--stop-haproxy');
  second.kill('SIGTERM');
  await once(second, 'exit');
  expect(await rig.haproxies()).toEqual([]);
});

test('stop ends a HAProxy that no router watches', async () => {
  await rig.killRouter();
  expect(await rig.haproxies()).toHaveLength(1);
  const stop = rig.spawnRouter('stop');
  await once(stop, 'exit');
  expect(await rig.haproxies()).toEqual([]);
});

test('without a router, a call says what is wrong', async () => {
  await rig.killRouter();
  const traffic = new RouterTraffic(dataPaths(rig.folder).routerSocket, { patience: 100 });
  await expect(traffic.counts()).rejects.toMatchObject({ reason: { code: 'router_unreachable' } });
});

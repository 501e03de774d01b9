import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Backend } from '../router/backend.ts';
import { ask, hammer, Load } from '../router/http-client.ts';
import { release, routeOf, until } from '../router/rig.ts';
import { FollowedServer, startFollower } from './rig.ts';
import type { Following } from './rig.ts';

/** Milliseconds. Shorter than usual, as some tests wait for them; longer than a busy machine takes for an answer. */
const QUICK = { patience: 5_000, answerLimit: 4_000, missedFor: 10_000 };

let server: FollowedServer;
let routers: Following[];
let backends: Backend[];
let one: Backend;
let two: Backend;

beforeEach(async () => {
  backends = [];
  routers = [];
  server = await FollowedServer.start(QUICK);
  [one, two] = [await replica('v1'), await replica('v2')];
});

afterEach(async () => {
  await Promise.all(routers.map(async (each) => each.stop()));
  await server.stop();
  await Promise.all(backends.map(async (backend) => backend.stop()));
});

async function replica(name: string): Promise<Backend> {
  const backend = await Backend.start(name);
  backends.push(backend);
  return backend;
}

async function router(name: string, environment?: Record<string, string>): Promise<Following> {
  const started = await startFollower(server, name, environment);
  routers.push(started);
  return started;
}

const shop = (...releases: Parameters<typeof routeOf>[1]) => routeOf('shop', releases);
const onOne = () => shop(release('v1', 10_000, one));
const onTwo = () => shop(release('v1', 0, one), release('v2', 10_000, two));
const half = () => shop(release('v1', 5_000, one), release('v2', 5_000, two));

async function answerOf({ httpPort }: Following, host = 'shop.localhost'): Promise<string> {
  const { status, body } = await ask(httpPort, host);
  return status === 200 ? body : String(status);
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

async function requests(releaseId: string): Promise<number> {
  return (await server.countsOf(releaseId))?.requests ?? 0;
}

/** HAProxy counts a request a moment after the client has its answer. */
async function expectRequests(releaseId: string, expected: number): Promise<void> {
  await expect.poll(async () => requests(releaseId)).toBe(expected);
}

/** Of both sides of a split. */
async function expectInAll(expected: number): Promise<void> {
  await expect.poll(async () => (await requests('v1')) + (await requests('v2'))).toBe(expected);
}

async function untilFresh(): Promise<void> {
  await until('the counts are fresh', async () => (await server.traffic.counts()).fresh);
}

test('a router that comes later has the whole table', async () => {
  await router('early');
  await server.traffic.apply(onOne());
  const late = await router('late');
  await until('it has the route', async () => (await answerOf(late)) === 'v1');
  await server.traffic.apply(onTwo());
  expect(await answerOf(late)).toBe('v2');
});

test('without a router nothing can be made so, but it is once one is there', async () => {
  await expect(server.traffic.apply(onOne())).rejects.toMatchObject({
    reason: { code: 'router_unreachable' },
  });
  expect((await server.traffic.counts()).fresh).toBe(false);
  const first = await router('first');
  await until('it has the route', async () => (await answerOf(first)) === 'v1');
});

test('a change waits for a router that is on its way', async () => {
  await server.stop();
  server = await FollowedServer.start({ ...QUICK, patience: 60_000 });
  const applied = server.traffic.apply(onOne()).catch((error: unknown) => error);
  await server.cut();
  await server.listen();
  const first = router('first');
  await server.traffic.apply(onOne());
  expect(await answerOf(await first)).toBe('v1');
  await applied;
});

test('a router killed holds up nobody for long, and its counts stay', async () => {
  const [left, killed] = [await router('left'), await router('killed')];
  await server.traffic.apply(onOne());
  for (const { httpPort } of [left, killed]) await hammer(httpPort, 'shop.localhost', 50);
  await expectRequests('v1', 100);
  await killed.killRouter();
  await server.traffic.apply(onTwo());
  expect(await answerOf(left)).toBe('v2');
  const { fresh, releases } = await server.traffic.counts();
  expect(fresh).toBe(false);
  expect(releases.find(({ releaseId }) => releaseId === 'v1')?.requests).toBe(100);
  await untilFresh();
  expect(await requests('v1')).toBe(100);
  // As a new pod: another name, an empty disk.
  const next = await router('next');
  await until('it has the route', async () => (await answerOf(next)) === 'v2');
  await hammer(next.httpPort, 'shop.localhost', 10);
  await expectRequests('v2', 12);
});

test('a router killed and started again in its pod goes on counting where it was', async () => {
  const same = await router('one');
  await server.traffic.apply(onOne());
  await hammer(same.httpPort, 'shop.localhost', 50);
  await expectRequests('v1', 50);
  await hammer(same.httpPort, 'shop.localhost', 50);
  await same.killRouter();
  await hammer(same.httpPort, 'shop.localhost', 50);
  await same.startRouter();
  await untilFresh();
  await expectRequests('v1', 150);
});

test('a router frozen is left out, and catches up', async () => {
  const [quick, frozen] = [await router('quick'), await router('frozen')];
  await server.traffic.apply(onOne());
  // A slow one is left out, too.
  await until('it has the route', async () => (await answerOf(frozen)) === 'v1');
  frozen.router?.kill('SIGSTOP');
  await server.traffic.apply(onTwo());
  expect(await answerOf(quick)).toBe('v2');
  expect(await answerOf(frozen)).toBe('v1');
  expect((await server.traffic.counts()).fresh).toBe(false);
  frozen.router?.kill('SIGCONT');
  await until('it catches up', async () => (await answerOf(frozen)) === 'v2');
  await untilFresh();
});

test('a router frozen that nobody asks for a change is given up after a while', async () => {
  const [, frozen] = [await router('quick'), await router('frozen')];
  await server.traffic.apply(onOne());
  frozen.router?.kill('SIGSTOP');
  expect((await server.traffic.counts()).fresh).toBe(false);
  await untilFresh();
  frozen.router?.kill('SIGCONT');
  await server.traffic.apply(onTwo());
  await until('it is back', async () => (await answerOf(frozen)) === 'v2');
});

test('the server away: the routers go on, also one that starts anew; the next server goes on counting', async () => {
  const [stays, restarts] = [await router('stays'), await router('restarts')];
  await server.traffic.sync([half()]);
  for (const { httpPort } of routers) await hammer(httpPort, 'shop.localhost', 10);
  await expectRequests('v1', 10);
  await server.cut();
  await restarts.killRouter();
  for (const pid of await restarts.haproxies()) process.kill(pid, 'SIGKILL');
  await restarts.startRouter();
  for (const { httpPort } of routers) {
    expect(await hammer(httpPort, 'shop.localhost', 10)).toEqual({ v1: 5, v2: 5 });
  }
  await server.restart();
  await untilFresh();
  await expectRequests('v1', 20);
  expect(await answerOf(stays)).toMatch(/^v[12]$/);
});

test('what a server that has just started does not know yet stays as it is', async () => {
  const first = await router('first');
  const other = routeOf('other', [release('o1', 10_000, two)]);
  await server.traffic.sync([onOne(), other]);
  await server.restart();
  await server.traffic.apply(onTwo());
  expect(await answerOf(first)).toBe('v2');
  expect(await answerOf(first, 'other.localhost')).toBe('v2');
  await server.traffic.sync([onTwo()]);
  expect(await answerOf(first, 'other.localhost')).toBe('404');
});

test('counts of a router that was replaced while the server was away do not go back', async () => {
  const [, killed] = [await router('stays'), await router('killed')];
  await server.traffic.apply(onOne());
  for (const { httpPort } of routers) await hammer(httpPort, 'shop.localhost', 10);
  await expectRequests('v1', 20);
  await server.cut();
  await killed.killRouter();
  await server.restart();
  await server.traffic.apply(onOne());
  expect(await requests('v1')).toBe(20);
  // It may still serve, for all that this server knows.
  expect((await server.traffic.counts()).fresh).toBe(false);
  await untilFresh();
});

test('the table of an older server is refused', async () => {
  const first = await router('first');
  await server.restart(7);
  await server.traffic.sync([onOne()]);
  await server.restart(6);
  await expect(server.traffic.sync([onTwo()])).rejects.toMatchObject({
    reason: { code: 'router_unreachable' },
  });
  expect(await answerOf(first)).toBe('v1');
  const refusal = 'a newer server was followed already (7; this one is 6)';
  await until('it says why', () => first.output.includes(refusal));
  await first.killRouter();
  await first.startRouter();
  await expect(server.traffic.sync([onTwo()])).rejects.toMatchObject({
    reason: { code: 'router_unreachable' },
  });
  await server.restart(8);
  await server.traffic.sync([onTwo()]);
  expect(await answerOf(first)).toBe('v2');
});

test('a host of another app is refused, and spoils nothing for routers that come later', async () => {
  await router('first');
  await server.traffic.apply(onOne());
  const thief = routeOf('thief', [release('t1', 10_000, two)], { hosts: ['shop.localhost'] });
  await expect(server.traffic.apply(thief)).rejects.toMatchObject({ reason: { code: 'host_taken' } });
  const late = await router('late');
  await until('it has the route', async () => (await answerOf(late)) === 'v1');
});

test('HAProxy killed: its numbers are not fresh until it is back, and right', async () => {
  const first = await router('first');
  await server.traffic.apply(onOne());
  for (const pid of await first.haproxies()) process.kill(pid, 'SIGKILL');
  await until('it answers', async () => (await answerOf(first).catch(() => '')) === 'v1');
  await untilFresh();
});

test('a router that is told to end is not ready any more, fails no request, and is missed by nobody', async () => {
  const [stays, ends] = [await router('stays'), await router('ends', { SLUICE_ROUTER_LEAVE: '5' })];
  await server.traffic.apply(half());
  const isReady = async (): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${String(ends.readyPort)}/readyz`)).ok;
  await until('it is ready', isReady);
  const kept = new Agent({ keepAlive: true });
  const load = new Load(ends.httpPort, 'shop.localhost', 100, [kept, false]);
  await until('some are answered', () => load.answered > 50);
  const slow = ask(ends.httpPort, 'shop.localhost', '/slow');
  await until('one is held', () => one.waiting + two.waiting === 1);
  const ended = once(ends.router as NonNullable<typeof ends.router>, 'exit');
  ends.router?.kill('SIGTERM');
  await until('it is not ready', async () => !(await isReady()));
  // As a balancer does that has seen it.
  const { failures, answered } = await load.stop();
  kept.destroy();
  await until('no more are taken', async () => !(await takesConnections(ends.httpPort)));
  one.finish();
  two.finish();
  expect((await slow).status).toBe(200);
  await ended;
  expect(failures).toEqual([]);
  expect(await ends.haproxies()).toEqual([]);
  expect((await server.traffic.counts()).fresh).toBe(true);
  await expectInAll(answered + 1);
  await hammer(stays.httpPort, 'shop.localhost', 10);
  await expectInAll(answered + 11);
  // Its container starts again, on the same disk.
  await ends.startRouter();
  await untilFresh();
  expect((await requests('v1')) + (await requests('v2'))).toBe(answered + 11);
});

test('whoever has not the token follows nobody', async () => {
  const first = await router('first', { SLUICE_PLATFORM_TOKEN: 'x'.repeat(48) });
  await until('it says so', () => first.output.includes('answered 401'));
  await expect(server.traffic.apply(onOne())).rejects.toMatchObject({
    reason: { code: 'router_unreachable' },
  });
  expect(await answerOf(first)).toBe('404');
});

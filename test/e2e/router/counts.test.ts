import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { latencyBucket, latencySamples, NO_LATENCY } from '../../../core/canary/latency.ts';
import { dataPaths } from '../../../core/paths.ts';
import type { ReleaseCounts } from '../../../engines/port.ts';
import { RouterTraffic } from '../../../router/client.ts';
import { Backend } from './backend.ts';
import { ask, hammer, Load, open } from './http-client.ts';
import { release, RouterRig, routeOf, until } from './rig.ts';

/** The limit of a look is 2 s; a busy machine is later, and a look without a limit waits for a minute. */
const SOON_MS = 10_000;

let rig: RouterRig;
let one: Backend;
let two: Backend;

beforeEach(async () => {
  rig = await RouterRig.start(2);
  one = await Backend.start('v1');
  two = await Backend.start('v2');
});

afterEach(async () => {
  await rig.stop();
  await Promise.all([one.stop(), two.stop()]);
});

const half = () => routeOf('shop', [release('v1', 5_000, one), release('v2', 5_000, two)]);

async function countsOf(releaseId: string): Promise<ReleaseCounts> {
  const { releases } = await rig.traffic.counts();
  const found = releases.find((counts) => counts.releaseId === releaseId);
  if (found === undefined) throw new Error(`${releaseId} has no counts`);
  return found;
}

/** Requests of both sides of the split, and how many of their answers were timed. */
async function totals(): Promise<{ requests: number; timed: number }> {
  const sides = [await countsOf('v1'), await countsOf('v2')];
  return {
    requests: sides.reduce((sum, side) => sum + side.requests, 0),
    timed: sides.reduce((sum, side) => sum + latencySamples(side.latency), 0),
  };
}

/** HAProxy counts a request a moment after the client has its answer. */
async function expectTotals(expected: Awaited<ReturnType<typeof totals>>): Promise<void> {
  await expect.poll(totals).toEqual(expected);
}

async function serving(): Promise<number> {
  const [pid] = await rig.haproxies();
  if (pid === undefined) throw new Error('no HAProxy runs');
  return pid;
}

test('answers are timed only while the traffic is split', async () => {
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, one)]));
  await hammer(rig.httpPort, 'shop.localhost', 50);
  expect((await countsOf('v1')).latency).toEqual(NO_LATENCY);
  await rig.traffic.apply(half());
  await hammer(rig.httpPort, 'shop.localhost', 50);
  await expectTotals({ requests: 100, timed: 50 });
  await rig.traffic.apply(routeOf('shop', [release('v1', 0, one), release('v2', 10_000, two)]));
  await hammer(rig.httpPort, 'shop.localhost', 50);
  await expectTotals({ requests: 150, timed: 50 });
});

test('every answer is timed, however many come at once', async () => {
  await rig.traffic.apply(half());
  expect(await hammer(rig.httpPort, 'shop.localhost', 10_000, 16)).toEqual({ v1: 5_000, v2: 5_000 });
  for (const side of ['v1', 'v2']) {
    await expect
      .poll(async () => {
        const { requests, latency } = await countsOf(side);
        return { requests, timed: latencySamples(latency) };
      })
      .toEqual({ requests: 5_000, timed: 5_000 });
  }
});

test('an answer after early hints is timed to its own head, and a dropped request not at all', async () => {
  await rig.traffic.apply(half());
  for (const path of ['/hints', '/hints', '/drop', '/drop'])
    await ask(rig.httpPort, 'shop.localhost', path, { method: 'POST' });
  await expect.poll(async () => latencySamples((await countsOf('v1')).latency)).toBe(1);
  const { latency } = await countsOf('v1');
  expect(latencySamples(latency.slice(0, latencyBucket(95)))).toBe(0);
});

test('a request that the replica drops counts as failed, also where HAProxy says nothing to it', async () => {
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, one)]));
  const drop = { method: 'POST', agent: new Agent({ keepAlive: true, maxSockets: 1 }) };
  expect((await ask(rig.httpPort, 'shop.localhost', '/drop', drop)).status).toBe(502);
  await expect.poll(async () => countsOf('v1')).toMatchObject({ requests: 1, errors5xx: 1, aborts: 0 });
  for (let later = 1; later <= 5; later += 1) {
    await ask(rig.httpPort, 'shop.localhost', '/', { agent: drop.agent });
    await expect(ask(rig.httpPort, 'shop.localhost', '/drop', drop)).rejects.toThrow(/hang up|ECONNRESET/);
    await expect
      .poll(async () => countsOf('v1'))
      .toMatchObject({ requests: 1 + later * 2, errors5xx: 1, aborts: later });
  }
});

test('an HTTP/2 request that the replica drops counts as failed, one that its client gives up does not', async () => {
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, one)]));
  const session = connectHttp2(`https://127.0.0.1:${String(rig.httpsPort)}`, { rejectUnauthorized: false });
  // Its requests are then not counted.
  session.on('error', () => undefined);
  const send = (path: string, method = 'GET') => {
    const stream = session.request({ ':authority': 'shop.localhost', ':path': path, ':method': method });
    stream.on('error', () => undefined).resume();
    return { stream, closed: once(stream, 'close').catch(() => undefined) };
  };
  await send('/').closed;
  await send('/drop', 'POST').closed;
  await expect.poll(async () => countsOf('v1')).toMatchObject({ requests: 2, aborts: 1 });
  const given = send('/slow');
  await until('it waits', () => one.waiting === 1);
  given.stream.close(constants.NGHTTP2_CANCEL);
  await given.closed;
  await expect
    .poll(async () => countsOf('v1'))
    .toMatchObject({ requests: 3, errors5xx: 0, aborts: 1, active: 0 });
  session.destroy();
});

test('HAProxy killed under a split load: no total goes back, and all go on', async () => {
  await rig.traffic.apply(half());
  const load = new Load(rig.httpPort, 'shop.localhost', 200, [new Agent({ keepAlive: true }), false]);
  const looks: { requests: number; timed: number }[] = [];
  for (let kill = 0; kill < 3; kill += 1) {
    const { answered } = load;
    await until('some are answered', () => load.answered > answered + 100);
    looks.push(await totals());
    process.kill(await serving(), 'SIGKILL');
    looks.push(await totals());
    await until('the router has one again', async () => {
      looks.push(await totals());
      return (await rig.traffic.counts()).fresh;
    });
  }
  const before = await totals();
  await until('more are counted', async () => {
    looks.push(await totals());
    return (await totals()).requests > before.requests && (await totals()).timed > before.timed;
  });
  await load.stop();
  for (const key of ['requests', 'timed'] as const) {
    const seen = looks.map((look) => look[key]);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  }
});

test('the router killed: requests and times of the while without it are told by the next, none twice', async () => {
  await rig.traffic.apply(half());
  await hammer(rig.httpPort, 'shop.localhost', 100);
  await expectTotals({ requests: 100, timed: 100 });
  await hammer(rig.httpPort, 'shop.localhost', 10);
  for (let round = 1; round <= 3; round += 1) {
    await rig.killRouter();
    await hammer(rig.httpPort, 'shop.localhost', 30);
    await rig.startRouter();
    await expectTotals({ requests: 110 + round * 30, timed: 110 + round * 30 });
  }
});

test('a slot that is used again after the router was killed counts nothing of its former release', async () => {
  const empty = [release('v1', 10_000, one)];
  await rig.traffic.apply(half());
  await hammer(rig.httpPort, 'shop.localhost', 100);
  await expectTotals({ requests: 100, timed: 100 });
  const before = await countsOf('v2');
  expect(before.requests).toBeGreaterThan(40);
  await rig.traffic.apply(routeOf('shop', empty));
  await until('its slot is free', async () => (await rig.traffic.status()).slots.used === 1);
  await rig.killRouter();
  rig.router = rig.spawnRouter();
  await rig.traffic.apply(routeOf('shop', [...empty, release('v3', 0, two)]));
  expect(await countsOf('v3')).toMatchObject({ requests: 0, latency: NO_LATENCY });
  expect(await countsOf('v2')).toEqual(before);
});

test('a process that finishes its requests after a reload is counted and timed too', async () => {
  await rig.traffic.apply(half());
  const held = Promise.all(['/slow', '/slow'].map(async (path) => ask(rig.httpPort, 'shop.localhost', path)));
  await until('both are held', () => one.waiting + two.waiting === 2);
  // More releases than there are slots.
  await rig.traffic.apply(routeOf('other', [release('o1', 10_000, one)]));
  expect((await rig.traffic.status()).haproxy).toMatchObject({ reloads: 1, draining: 1 });
  await hammer(rig.httpPort, 'shop.localhost', 10);
  // HAProxy counts a request when it has ended.
  await expectTotals({ requests: 10, timed: 10 });
  one.finish();
  two.finish();
  await held;
  await expectTotals({ requests: 12, timed: 12 });
});

test('a connection that is kept over a reload is counted to its last request, however long it was idle', async () => {
  await rig.traffic.apply(half());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await ask(rig.httpPort, 'shop.localhost', '/', { agent });
  await rig.traffic.apply(routeOf('other', [release('o1', 10_000, one)]));
  expect((await rig.traffic.status()).haproxy).toMatchObject({ reloads: 1, draining: 1 });
  // Longer than the router takes to look for processes that are done.
  await delay(2_500);
  await ask(rig.httpPort, 'shop.localhost', '/', { agent });
  await expectTotals({ requests: 2, timed: 2 });
  agent.destroy();
  await until('the old one is let go', async () => (await rig.traffic.status()).haproxy.draining === 0);
  await until('it is gone', async () => (await rig.haproxies()).length === 1);
  await expectTotals({ requests: 2, timed: 2 });
});

test('HAProxy stopped: counts are no longer fresh, but told in time; when it goes on they are again', async () => {
  await rig.traffic.apply(half());
  await hammer(rig.httpPort, 'shop.localhost', 20);
  await expectTotals({ requests: 20, timed: 20 });
  const { releases } = await rig.traffic.counts();
  const pid = await serving();
  process.kill(pid, 'SIGSTOP');
  const began = performance.now();
  const told = await rig.traffic.counts();
  expect(performance.now() - began).toBeLessThan(SOON_MS);
  expect(told).toEqual({ fresh: false, releases });
  process.kill(pid, 'SIGCONT');
  await until('counts are fresh', async () => (await rig.traffic.counts()).fresh);
  expect(await serving()).toBe(pid);
  await hammer(rig.httpPort, 'shop.localhost', 10);
  await expectTotals({ requests: 30, timed: 30 });
});

test('HAProxy stopped for good: every look settles in time, and none is fresh until another one serves', async () => {
  await rig.traffic.apply(half());
  await hammer(rig.httpPort, 'shop.localhost', 20);
  await expectTotals({ requests: 20, timed: 20 });
  const pid = await serving();
  process.kill(pid, 'SIGSTOP');
  await until('another one is asked', async () => {
    const began = performance.now();
    const { fresh } = await rig.traffic.counts();
    expect(performance.now() - began).toBeLessThan(SOON_MS);
    return fresh;
  });
  expect(await serving()).not.toBe(pid);
  await expectTotals({ requests: 20, timed: 20 });
});

test('without an answer of the router counts fail in time, whether it is gone or hangs', async () => {
  const traffic = new RouterTraffic(dataPaths(rig.folder).routerSocket);
  for (const end of ['SIGSTOP', 'SIGKILL'] as const) {
    rig.router?.kill(end);
    const began = performance.now();
    await expect(traffic.counts()).rejects.toMatchObject({ reason: { code: 'router_unreachable' } });
    expect(performance.now() - began).toBeLessThan(SOON_MS);
  }
  traffic.close();
});

test('many who ask at once are told by few looks', async () => {
  await rig.traffic.apply(half());
  await hammer(rig.httpPort, 'shop.localhost', 10);
  await expectTotals({ requests: 10, timed: 10 });
  const all = await Promise.all(Array.from({ length: 200 }, async () => rig.traffic.counts()));
  expect(new Set(all.map((counts) => JSON.stringify(counts))).size).toBe(1);
  expect(all[0]?.fresh).toBe(true);
});

test('an event stream that opens in a split ends only with its replica', async () => {
  await rig.traffic.apply(half());
  const streams = [
    await open(rig.httpPort, 'shop.localhost', '/stream'),
    await open(rig.httpPort, 'shop.localhost', '/stream'),
  ];
  const ended = streams.map(async (stream) => {
    stream.resume();
    return new Promise((resolve) => stream.on('close', () => resolve(stream.headers['x-release'])));
  });
  for (const weight of [5_000, 100, 0])
    await rig.traffic.apply(
      routeOf('shop', [release('v1', 10_000 - weight, one), release('v2', weight, two)]),
    );
  expect((await countsOf('v2')).active).toBe(1);
  await two.stop();
  expect(await Promise.race(ended)).toBe('v2');
  expect((await countsOf('v1')).active).toBe(1);
  two = await Backend.start('v2');
});

test('what is open on a replica that leaves, and goes with it, is counted apart', async () => {
  const three = await Backend.start('v1');
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, one, three)]));
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  await ask(rig.httpPort, 'shop.localhost', '/', { agent: kept });
  const held = ([false, false, kept] as const).map(async (agent) =>
    ask(rig.httpPort, 'shop.localhost', '/slow', { method: 'POST', agent }).catch(() => undefined),
  );
  await until('they wait', () => one.waiting + three.waiting === 3);
  expect(three.waiting).toBeGreaterThan(0);
  const withThree = three.waiting;
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, one)]));
  await three.stop();
  one.finish();
  await Promise.all(held);
  await expect
    .poll(async () => countsOf('v1'))
    .toMatchObject({ requests: 4 - withThree, errors5xx: 0, aborts: 0, unreached: withThree });
  // Whoever stays answers for itself.
  await ask(rig.httpPort, 'shop.localhost', '/drop', { method: 'POST' });
  await expect.poll(async () => countsOf('v1')).toMatchObject({ errors5xx: 1, unreached: withThree });
  kept.destroy();
});

import { once } from 'node:events';
import { Agent } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Backend } from './backend.ts';
import { ask, echo, hammer, Load, open, upgrade } from './http-client.ts';
import { release, RouterRig, routeOf, until } from './rig.ts';

/** Requests a second, which a busy machine can answer: what it cannot would wait, and ever more of it. */
const RATE = 80;

let rig: RouterRig;
const backends: Backend[] = [];

async function backend(name: string): Promise<Backend> {
  const started = await Backend.start(name);
  backends.push(started);
  return started;
}

async function active(releaseId: string): Promise<number> {
  return (await rig.traffic.counts()).releases.find((counts) => counts.releaseId === releaseId)?.active ?? 0;
}

async function answers(load: Load, more: number): Promise<void> {
  const before = load.answered;
  await until(`${String(more)} more answers`, () => load.answered >= before + more);
}

beforeEach(async () => {
  rig = await RouterRig.start();
});

afterEach(async () => {
  await rig.stop();
  await Promise.all(backends.splice(0).map(async (one) => one.stop()));
});

test('200 releases, each replacing the one before, and no request of a steady load fails', async () => {
  let live = await backend('v0');
  await rig.traffic.apply(routeOf('shop', [release('v0', 10_000, live)]));
  const kept = new Agent({ keepAlive: true });
  const load = new Load(rig.httpPort, 'shop.localhost', RATE, [kept, false]);
  for (let number = 1; number <= 200; number += 1) {
    const next = await backend(`v${String(number)}`);
    const fresh = release(next.name, 10_000, next);
    await rig.traffic.apply(routeOf('shop', [release(live.name, 0, live), fresh]));
    await answers(load, 5);
    await until('the old release has nothing open', async () => (await active(live.name)) === 0);
    await rig.traffic.apply(routeOf('shop', [fresh]));
    await live.stop();
    backends.splice(backends.indexOf(live), 1);
    live = next;
  }
  const report = await load.stop();
  kept.destroy();
  expect(report.failures).toEqual([]);
  expect(report.answered).toBe(report.sent);
  expect(report.sent).toBeGreaterThan(1_000);
  expect(Object.keys(report.byRelease).length).toBeGreaterThan(100);
  expect((await rig.traffic.status()).haproxy).toMatchObject({ restarts: 0, reloads: 0 });
});

test('200 changes of weight under load, and no request fails', async () => {
  const [stable, canary] = [await backend('v1'), await backend('v2')];
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, stable)]));
  const load = new Load(rig.httpPort, 'shop.localhost', RATE, [new Agent({ keepAlive: true }), false]);
  for (let change = 1; change <= 200; change += 1) {
    const weight = ((change * 37) % 99) * 100 + 100;
    await rig.traffic.apply(
      routeOf('shop', [release('v1', 10_000 - weight, stable), release('v2', weight, canary)]),
    );
    await answers(load, 5);
  }
  const report = await load.stop();
  expect(report.failures).toEqual([]);
  expect(Object.keys(report.byRelease).toSorted()).toEqual(['v1', 'v2']);
});

test('a replica that was added at run time is asked over connections that are kept', async () => {
  const only = await backend('v1');
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, only)]));
  expect(await hammer(rig.httpPort, 'shop.localhost', 200)).toEqual({ v1: 200 });
  expect(only.connections).toBeLessThan(10);
});

test('a split is exact over several connections at once', async () => {
  const [stable, canary] = [await backend('v1'), await backend('v2')];
  await rig.traffic.apply(routeOf('shop', [release('v1', 9_500, stable), release('v2', 500, canary)]));
  expect(await hammer(rig.httpPort, 'shop.localhost', 10_000, 8)).toEqual({ v1: 9_500, v2: 500 });
});

test('replicas come and go under load, and no request fails', async () => {
  const first = await backend('v1');
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, first)]));
  const load = new Load(rig.httpPort, 'shop.localhost', RATE, [new Agent({ keepAlive: true }), false]);
  for (let round = 0; round < 10; round += 1) {
    const second = await backend('v1');
    await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, first, second)]));
    await until('the second takes requests', () => second.requests > 2);
    await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, first)]));
    await until('the second takes no more', async () => {
      const before = second.requests;
      await answers(load, 20);
      return second.requests === before;
    });
    await second.stop();
    backends.splice(backends.indexOf(second), 1);
  }
  expect((await load.stop()).failures).toEqual([]);
});

test('an open answer, an event stream and a web socket go on across a switch until their release is gone', async () => {
  const [old, next] = [await backend('v1'), await backend('v2')];
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, old)]));
  const slow = ask(rig.httpPort, 'shop.localhost', '/slow');
  const stream = await open(rig.httpPort, 'shop.localhost', '/stream');
  const { socket, release: upgraded } = await upgrade(rig.httpPort, 'shop.localhost');
  expect(upgraded).toBe('v1');
  await until('all three are open', async () => old.waiting === 1 && (await active('v1')) === 3);

  await rig.traffic.apply(routeOf('shop', [release('v1', 0, old), release('v2', 10_000, next)]));
  expect((await ask(rig.httpPort, 'shop.localhost')).body).toBe('v2');
  old.tick('one');
  expect(String((await once(stream, 'data'))[0])).toBe('data: one\n\n');
  await echo(socket, 'hello');

  // The release leaves the route with these three still open: they go on all the same.
  await rig.traffic.apply(routeOf('shop', [release('v2', 10_000, next)]));
  old.tick('two');
  expect(String((await once(stream, 'data'))[0])).toBe('data: two\n\n');
  await echo(socket, 'again');
  expect(await active('v1')).toBe(3);

  old.finish();
  expect((await slow).body).toBe('v1');
  old.endStreams();
  stream.resume();
  socket.destroy();
  await until('nothing is open any more', async () => (await active('v1')) === 0);
  await until('its slot is free', async () => (await rig.traffic.status()).slots.used === 1);
});

test('each chunk of a stream passes as it is written', async () => {
  const only = await backend('v1');
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, only)]));
  const stream = await open(rig.httpPort, 'shop.localhost', '/stream');
  await until('the stream is open', () => only.streaming === 1);
  for (const word of ['a', 'b', 'c']) {
    only.tick(word);
    expect(String((await once(stream, 'data'))[0])).toBe(`data: ${word}\n\n`);
  }
  stream.destroy();
});

test('a replica that refuses connections is passed over while another answers', async () => {
  const [dead, good] = [await backend('v1'), await backend('v1')];
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, dead, good)]));
  await dead.stop();
  backends.splice(backends.indexOf(dead), 1);
  expect(await hammer(rig.httpPort, 'shop.localhost', 200)).toEqual({ v1: 200 });
});

test('a request is sent again after a closed connection only where that is harmless', async () => {
  const only = await backend('v1');
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, only)]));
  expect((await ask(rig.httpPort, 'shop.localhost', '/drop')).status).toBe(502);
  expect(only.requests).toBe(4);
  expect((await ask(rig.httpPort, 'shop.localhost', '/drop', { method: 'POST', body: 'x' })).status).toBe(
    502,
  );
  expect(only.requests).toBe(5);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Probe, ProbeResult } from '../../../engines/port.ts';
import { Backend } from './backend.ts';
import { ask } from './http-client.ts';
import { release, RouterRig, routeOf, until } from './rig.ts';

/** Half a second and the two that a router has to answer; a busy machine is later, and a call without a limit waits for a minute. */
const SOON_MS = 10_000;

let rig: RouterRig;
let backend: Backend;

beforeEach(async () => {
  rig = await RouterRig.start(1);
  backend = await Backend.start('v1');
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, backend)]));
});

afterEach(async () => {
  await rig.stop();
  await backend.stop();
});

async function probe(extra: Partial<Probe> = {}): Promise<ProbeResult> {
  return rig.traffic.probe({
    host: 'shop.localhost',
    path: '/',
    backend: { host: '127.0.0.1', port: backend.port },
    timeoutMs: 30_000,
    ...extra,
  });
}

function received(): Map<string, string> {
  const flat = backend.lastHeaders;
  return new Map(
    flat.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), flat[index + 1] ?? '']] : [])),
  );
}

test('a probe looks like a request of the app, and carries nothing of its own way', async () => {
  await ask(rig.httpPort, 'shop.localhost');
  const user = received();
  await probe();
  const own = received();
  for (const name of ['host', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-port'])
    expect([name, own.get(name)]).toEqual([name, user.get(name)]);
  expect(own.get('x-request-id')).toMatch(/^[0-9a-f]{8}-/);
  expect([...own.keys()].filter((name) => name.startsWith('x-sluice'))).toEqual([]);
  expect(own.get('user-agent')).toBe('sluice-probe/1');
});

test('a replica on IPv6 is reached', async () => {
  const six = await Backend.start('v6', '::1');
  expect(await probe({ backend: { host: '::1', port: six.port } })).toMatchObject({ status: 200 });
  expect(six.requests).toBe(1);
  await six.stop();
});

test('a replica that closes the connection is asked once, also after other probes', async () => {
  for (let round = 0; round < 3; round += 1) {
    expect(await probe()).toMatchObject({ status: 200 });
    const { requests } = backend;
    expect(await probe({ path: '/drop' })).toEqual({ ms: expect.any(Number) as number });
    expect(backend.requests).toBe(requests + 1);
  }
});

test('an answer that never ends is let go', async () => {
  expect(await probe({ path: '/endless' })).toMatchObject({ status: 200 });
  await until('the replica has nothing open', () => backend.endless === 0);
  expect(await probe({ path: '/stream', timeoutMs: 300 })).toMatchObject({ status: 200 });
  await until('the stream is closed', () => backend.openStreams === 0);
});

test('many at once are answered, while others wait for a replica that does not answer', async () => {
  const waiting = Promise.all(
    Array.from({ length: 20 }, async () => probe({ path: '/slow', timeoutMs: 60_000 })),
  );
  await until('they wait', () => backend.waiting === 20);
  const answers = await Promise.all(Array.from({ length: 200 }, async () => probe({ timeoutMs: 60_000 })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(200);
  expect((await rig.traffic.counts()).fresh).toBe(true);
  backend.finish();
  expect((await waiting).filter(({ status }) => status === 200)).toHaveLength(20);
});

test('probes go on after a reload and after a death of HAProxy', async () => {
  await rig.traffic.apply(routeOf('other', [release('o1', 10_000, backend)]));
  expect((await rig.traffic.status()).haproxy.reloads).toBe(1);
  expect(await probe()).toMatchObject({ status: 200 });
  await until('the old one is gone', async () => (await rig.haproxies()).length === 1);
  expect(await probe()).toMatchObject({ status: 200 });
  process.kill((await rig.haproxies())[0] as number, 'SIGKILL');
  await until('it is back', async () => {
    // What cannot be sent throws; it never looks like a replica without an answer.
    const result = await probe().catch(() => 'not sent' as const);
    if (result !== 'not sent') expect(result.status).toBe(200);
    return result !== 'not sent' && (await rig.traffic.status()).haproxy.restarts === 1;
  });
});

test('a death of HAProxy while a probe is under way says nothing about the replica', async () => {
  const failed = expect(probe({ path: '/slow' })).rejects.toMatchObject({ reason: { code: 'haproxy_down' } });
  await until('the replica has it', () => backend.waiting === 1);
  process.kill((await rig.haproxies())[0] as number, 'SIGKILL');
  await failed;
});

test('HAProxy stopped says nothing about the replica, and soon', async () => {
  process.kill((await rig.haproxies())[0] as number, 'SIGSTOP');
  const began = performance.now();
  await expect(probe({ timeoutMs: 500 })).rejects.toMatchObject({ reason: { code: 'haproxy_down' } });
  expect(performance.now() - began).toBeLessThan(SOON_MS);
});

test('a router that is gone or hangs says nothing about the replica, and soon', async () => {
  for (const end of ['SIGSTOP', 'SIGKILL'] as const) {
    rig.router?.kill(end);
    const began = performance.now();
    await expect(probe({ timeoutMs: 500 })).rejects.toMatchObject({ reason: { code: 'router_unreachable' } });
    expect(performance.now() - began).toBeLessThan(SOON_MS);
  }
});

import { Agent } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Route } from '../../../engines/port.ts';
import { Backend } from './backend.ts';
import { ask, echo, Load, upgrade } from './http-client.ts';
import { release, RouterRig, routeOf, until } from './rig.ts';

let rig: RouterRig;
let backend: Backend;

beforeEach(async () => {
  rig = await RouterRig.start(2);
  backend = await Backend.start('v1');
});

afterEach(async () => {
  await rig.stop();
  await backend.stop();
});

function apps(count: number): Route[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `app${String(index)}`;
    return routeOf(name, [release(`${name}-v1`, 10_000, backend)]);
  });
}

test('slots that run out double under load, and no request fails, nor does an open web socket end', async () => {
  const [first, ...others] = apps(20) as [Route, ...Route[]];
  await rig.traffic.apply(first);
  const { socket } = await upgrade(rig.httpPort, 'app0.localhost');
  const kept = new Agent({ keepAlive: true });
  const load = new Load(rig.httpPort, 'app0.localhost', 250, [kept, false]);
  for (const route of others) {
    await rig.traffic.apply(route);
    const { answered } = load;
    await until('the load went on', () => load.answered > answered + 20);
  }
  const report = await load.stop();
  expect(report.failures).toEqual([]);
  kept.destroy();
  await until('the processes without open connections are let go', async () => {
    return (await rig.traffic.status()).haproxy.draining === 1;
  });
  const status = await rig.traffic.status();
  expect(status.slots).toEqual({ total: 32, used: 20 });
  expect(status.haproxy).toMatchObject({ reloads: 4, restarts: 0 });

  // The process that still holds the web socket is counted too, and ends with it.
  await expect
    .poll(async () => (await rig.traffic.counts()).releases.find((one) => one.releaseId === 'app0-v1'))
    .toMatchObject({ requests: report.answered, active: 1 });
  await echo(socket, 'hello');
  socket.destroy();
  await until('only one HAProxy is left', async () => (await rig.haproxies()).length === 1);
});

test('a new router with more slots or other settings takes them over without a failed request', async () => {
  const [first] = apps(1) as [Route];
  await rig.traffic.apply(first);
  const load = new Load(rig.httpPort, 'app0.localhost', 200, [new Agent({ keepAlive: true }), false]);
  await rig.killRouter();
  rig.slots = 16;
  await rig.startRouter();
  expect((await rig.traffic.status()).slots.total).toBe(16);
  expect((await rig.traffic.status()).haproxy.reloads).toBe(1);
  expect((await load.stop()).failures).toEqual([]);
});

test('1,000 routes at once take one reload, and a change of one of them none', async () => {
  await rig.traffic.sync(apps(1_000));
  for (const host of ['app0.localhost', 'app999.localhost']) {
    expect((await ask(rig.httpPort, host)).status).toBe(200);
  }
  await rig.traffic.apply(routeOf('app500', [release('app500-v2', 10_000, backend)]));
  expect((await rig.traffic.status()).haproxy).toMatchObject({ reloads: 1, restarts: 0 });

  await rig.traffic.sync([]);
  expect((await ask(rig.httpPort, 'app0.localhost')).status).toBe(404);
  await until('all slots are free', async () => (await rig.traffic.status()).slots.used === 0);
});

test('many routes at once: each is made and answered, and only the one whose host is taken is refused', async () => {
  const routes = apps(40);
  const thief = { ...(routes[7] as Route), appId: 'thief-id', appName: 'thief' };
  const answers = await Promise.allSettled([...routes, thief].map((route) => rig.traffic.apply(route)));
  expect(answers.map(({ status }) => status)).toEqual([...routes.map(() => 'fulfilled'), 'rejected']);
  for (const { hosts } of routes) {
    expect((await ask(rig.httpPort, hosts[0] ?? '')).status).toBe(200);
  }
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { Backend } from './backend.ts';
import { ask } from './http-client.ts';
import { release, RouterRig, routeOf, until } from './rig.ts';

let rig: RouterRig;
let gone: Backend;
let other: Backend;

beforeEach(async () => {
  rig = await RouterRig.start(2);
  [gone, other] = await Promise.all([Backend.start('gone'), Backend.start('other')]);
});

afterEach(async () => {
  await rig.stop();
  await Promise.all([gone.stop(), other.stop()]);
});

test('requests that wait for a replica that went with its node end at once, and are no errors of the release', async () => {
  const shop = 'shop.localhost';
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, gone)]));
  const waiting = Array.from({ length: 3 }, async () => ask(rig.httpPort, shop, '/slow', { method: 'POST' }));
  const ends = Promise.allSettled(waiting);
  await until('they wait', () => gone.waiting === 3);
  await rig.traffic.apply(routeOf('shop', [release('v1', 10_000, other, gone)]));
  expect((await ask(rig.httpPort, shop)).body).toMatch(/gone|other/);

  const lost = [{ host: '127.0.0.1', port: gone.port }];
  await rig.traffic.apply(routeOf('shop', [{ ...release('v1', 10_000, other), lost }]));
  for (const one of await ends) {
    expect(one.status === 'rejected' || one.value.status >= 500, JSON.stringify(one)).toBe(true);
  }
  expect((await ask(rig.httpPort, shop)).body).toBe('other');
  // HAProxy counts a request a moment after its client has the answer.
  await expect
    .poll(async () => (await rig.traffic.counts()).releases[0])
    .toMatchObject({ requests: 2, errors5xx: 0, aborts: 0, unreached: 3, active: 0 });
});

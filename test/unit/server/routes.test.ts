import { expect, test } from 'vitest';
import { MemoryTraffic } from '../../../engines/memory/memory-traffic.ts';
import type { Route } from '../../../engines/port.ts';
import { Routes } from '../../../server/controller/routes.ts';

const route = (release: string): Route => ({
  appId: 'a',
  appName: 'shop',
  hosts: ['shop.localhost'],
  releases: [{ releaseId: release, weight: 10_000, backends: [] }],
  maintenance: false,
});

test('a route that changes while the whole table is on its way is not put back by it', async () => {
  const traffic = new MemoryTraffic();
  const routes = new Routes(traffic);
  await routes.apply(route('old'));
  const slow = Promise.withResolvers<void>();
  const sync = traffic.sync.bind(traffic);
  traffic.sync = async (table) => {
    await slow.promise;
    await sync(table);
  };
  const syncing = routes.sync();
  const applying = routes.apply(route('new'));
  slow.resolve();
  await Promise.all([syncing, applying]);
  expect(traffic.routes.get('a')).toEqual(route('new'));
});

test('the whole table waits for a route that is on its way', async () => {
  const traffic = new MemoryTraffic();
  const routes = new Routes(traffic);
  await routes.apply(route('old'));
  const slow = Promise.withResolvers<void>();
  const apply = traffic.apply.bind(traffic);
  traffic.apply = async (one) => {
    await slow.promise;
    await apply(one);
  };
  const applying = routes.apply(route('new'));
  const syncing = routes.sync();
  slow.resolve();
  await Promise.all([syncing, applying]);
  expect(traffic.routes.get('a')).toEqual(route('new'));
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryWorkloads } from '../../../engines/memory/memory-workloads.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

const FILES = { Dockerfile: 'FROM busybox:1\n' };
const NAMES = ['one', 'two', 'three'];

let server: TestServer;
let apps: AppRow[];
beforeEach(async () => {
  server = await TestServer.start();
  apps = [];
  for (const name of NAMES) {
    const app = await server.app(name);
    await server.deploy(app, await server.commit(app, FILES), `image-${name}`);
    await server.settled(app);
    apps.push(app);
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.remove();
});

/** @param between what is so when the new server starts */
async function restart(between: () => unknown = () => undefined): Promise<void> {
  await server.close();
  await server.traffic.sync([]);
  between();
  await server.open();
}

function routed(): boolean {
  return apps.every(({ id }) => server.traffic.routes.get(id)?.releases[0]?.backends.length === 1);
}

test('after a restart one question to the replicas is enough for all apps that need nothing', async () => {
  const observe = vi.spyOn(MemoryWorkloads.prototype, 'observe');
  await restart(() => observe.mockClear());
  await eventually('the router knows all apps again', routed);
  expect(observe.mock.calls).toEqual([[]]);
});

test('one that lacks a replica gets it, whatever the others need', async () => {
  const [first] = apps;
  for (const { shown } of server.engine.find({ appId: first?.id ?? '' }))
    server.engine.replicas.delete(shown.name);
  await restart();
  await eventually('the router knows all apps again', routed);
});

/** An engine that lists its replicas and never says how they all are. */
function silent(): void {
  const real = Object.getOwnPropertyDescriptor(MemoryWorkloads.prototype, 'observe')
    ?.value as MemoryWorkloads['observe'];
  vi.spyOn(MemoryWorkloads.prototype, 'observe').mockImplementation(function (this: MemoryWorkloads, appId) {
    return appId === undefined ? new Promise(() => undefined) : real.call(this, appId);
  });
}

test('what lacks a replica and what has one do not wait until all have said how they are', async () => {
  const [first] = apps;
  for (const { shown } of server.engine.find({ appId: first?.id ?? '' }))
    server.engine.replicas.delete(shown.name);
  silent();
  await restart();
  await eventually('the router knows all apps again', routed, 5_000);
});

test('which of several replicas have requests is only known once they have said how they are', async () => {
  const [first] = apps;
  if (!first) throw new Error('no app');
  server.context.store.scale.set(first.id, 'web', 2);
  server.context.controller.wake(first.id);
  await eventually('there are two', () => server.engine.find({ appId: first.id }).length === 2);
  const [ill] = server.engine.find({ appId: first.id });
  server.engine.set({ releaseId: ill?.shown.releaseId ?? '', index: 1 }, { state: 'unhealthy' });
  const apply = vi.spyOn(server.traffic, 'apply');
  await restart(() => apply.mockClear());
  await eventually('the router knows all apps again', routed);
  const given = apply.mock.calls.flatMap(([route]) => (route.appId === first.id ? route.releases : []));
  expect(given.map(({ backends }) => backends.length)).toEqual([1]);
});

test('while the engine does not say how all are, a release on its way goes on', async () => {
  const [first] = apps;
  if (!first) throw new Error('no app');
  server.engine.behave('image-new', 'waits');
  const parent = await server.context.repositories.branch(first.id, 'main');
  const build = await server.push(first, await server.commit(first, { ...FILES, a: 'b' }, parent));
  await server.build(build, 'image-new');
  await eventually('its replica is there', () => server.engine.find({ appId: first.id }).length === 2);
  silent();
  await restart();
  const { id } = server.context.store.releases.byBuild(build.id) ?? { id: '' };
  server.engine.set({ releaseId: id }, { state: 'ready' });
  await eventually(
    'it is live',
    () => server.context.store.apps.require(first.id).live_release_id === id,
    5_000,
  );
});

test('an engine that fails the one question is asked about each app', async () => {
  const real = Object.getOwnPropertyDescriptor(MemoryWorkloads.prototype, 'observe')
    ?.value as MemoryWorkloads['observe'];
  vi.spyOn(MemoryWorkloads.prototype, 'observe').mockImplementation(function (this: MemoryWorkloads, appId) {
    return appId === undefined ? Promise.reject(new Error('too much')) : real.call(this, appId);
  });
  await restart();
  await eventually('the router knows all apps again', routed);
});

test('a server that is stopped before the engine has answered looks no further', async () => {
  const answer = Promise.withResolvers<never[]>();
  vi.spyOn(MemoryWorkloads.prototype, 'list').mockReturnValue(answer.promise);
  await restart();
  const { controller } = server.context;
  await server.close();
  answer.resolve([]);
  await expect(controller.looked()).resolves.toBeUndefined();
  vi.restoreAllMocks();
  await server.open();
});

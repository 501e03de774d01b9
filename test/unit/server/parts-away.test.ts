import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { BuildRow } from '../../../server/store/builds.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let app: AppRow;
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.remove();
});

const FILES = { Dockerfile: 'FROM busybox:1\n' };

function rolloutOf(build: BuildRow): RolloutRow | undefined {
  const { releases, rollouts } = server.context.store;
  return rollouts.byRelease(releases.byBuild(build.id)?.id ?? '');
}

/** What its followers were told of waiting. */
function waitsOf(build: BuildRow): string[] {
  return server.context.store.rollouts
    .events(rolloutOf(build)?.id ?? '')
    .flatMap(({ kind, text: line }) => (kind === 'waiting' ? [line] : []));
}

/** A release whose route a router that is away does not take. */
async function releasedWithoutRouter() {
  const router = vi.spyOn(server.traffic, 'apply');
  router.mockRejectedValue(new Refusal(503, 'router_unreachable', 'no router', 'sluice doctor'));
  const build = await server.push(app, await server.commit(app, FILES));
  await server.build(build, 'image-1');
  await eventually('the router was tried', () => router.mock.calls.length > 0);
  return { build, router };
}

test('whoever follows a release is told once of an engine or a router that stays away', async () => {
  const { build, router: away } = await releasedWithoutRouter();
  expect(waitsOf(build)).toEqual([]);
  /** Looks anew at once, and not after the pause that grows with each failure. */
  const looksUntil = (what: string, so: () => boolean): Promise<unknown> =>
    eventually(what, () => {
      server.context.changes.notify(app.id);
      return so();
    });

  const real = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => real() + 11_000);
  try {
    const silent = ['the router takes no change; requests go where they went until it does'];
    await looksUntil('it is told', () => waitsOf(build).length > 0);
    const tried = away.mock.calls.length;
    await looksUntil('it was tried again', () => away.mock.calls.length > tried + 1);
    expect(waitsOf(build)).toEqual(silent);

    const gone = new Refusal(503, 'engine_unreachable', 'no engine', 'sluice doctor');
    const engine = vi.spyOn(server.context.workloads, 'observe').mockRejectedValue(gone);
    await looksUntil('the engine is told of, too', () => waitsOf(build).length > 1);
    expect(waitsOf(build)).toEqual([
      ...silent,
      'the engine does not answer; what runs goes on running, and this goes on once it does',
    ]);
    engine.mockRestore();
    away.mockRestore();
    await server.context.followEnd(build.id, 'live');
    expect(rolloutOf(build)?.state).toBe('live');
    expect(await text(server.context.buildLogs.read(build.id, 0))).toContain(silent[0]);
  } finally {
    clock.mockRestore();
  }
});

test('whoever follows a release is told of an engine that takes questions and does not answer', async () => {
  const { build, router } = await releasedWithoutRouter();
  const hangs = Promise.withResolvers<undefined>();
  const { workloads } = server.context;
  const observe = workloads.observe.bind(workloads);
  const engine = vi.spyOn(workloads, 'observe').mockImplementation(async (id) => {
    await hangs.promise;
    return observe(id);
  });
  router.mockRestore();
  server.context.changes.notify(app.id);
  // By the look, and beside it.
  await eventually('the engine was asked', () => engine.mock.calls.length > 1);
  expect(waitsOf(build)).toEqual([]);
  const real = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => real() + 11_000);
  try {
    await eventually('it is told', () => waitsOf(build).length > 0);
    expect(waitsOf(build)).toEqual([
      'the engine does not answer; what runs goes on running, and this goes on once it does',
    ]);
    hangs.resolve(undefined);
    await server.context.followEnd(build.id, 'live');
    expect(rolloutOf(build)?.state).toBe('live');
  } finally {
    clock.mockRestore();
    hangs.resolve(undefined);
  }
});

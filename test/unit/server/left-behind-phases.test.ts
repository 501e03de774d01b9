import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import type { BuildRow } from '../../../server/store/builds.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let app: AppRow;
const FILES = { Dockerfile: 'FROM busybox:1\n', Procfile: 'web: serve\nrelease: migrate\n' };

describe('a release command that outlives the server that started it', () => {
  let build: BuildRow;
  /** Every command that was started. */
  let ran: number;
  beforeEach(async () => {
    server = await TestServer.start();
    app = await server.app('shop');
    ran = 0;
    server.engine.oneOff = () => {
      ran++;
      return {};
    };
    build = await server.push(app, await server.commit(app, FILES));
    await server.build(build, 'image-1');
    await eventually('it runs', () => oneOffs().length === 1);
    await server.close();
    await server.open();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await server.remove();
  });

  const oneOffs = () => [...server.engine.oneOffs.values()].filter(({ appId }) => appId === app.id);
  const codes = () => oneOffs().map(({ code }) => code);
  function rolloutOf({ id }: BuildRow): RolloutRow {
    const { releases, rollouts } = server.context.store;
    return rollouts.byRelease(releases.byBuild(id)?.id ?? '') as RolloutRow;
  }
  async function next(parent: BuildRow): Promise<BuildRow> {
    const commit = await server.commit(app, { ...FILES, n: '2' }, parent.commit_id);
    const newer = await server.push(app, commit);
    await server.build(newer, 'image-2');
    return newer;
  }

  test('is ended by a cancel', async () => {
    await server.context.operations.cancelBuild(server.alice, app, build);
    await eventually('it was ended', () => codes()[0] === 137, 5_000);
    expect(rolloutOf(build).state).toBe('cancelled');
    expect(ran).toBe(1);
  });

  test('is ended by an abort of its rollout, also one that the next server finds in the journal', async () => {
    const asked = vi.spyOn(server.context.workloads, 'endOneOff').mockRejectedValue(new Error('too late'));
    await server.context.operations.steerRollout(server.alice, app, 1, 'abort');
    await eventually('it was tried', () => asked.mock.calls.length > 0, 5_000);
    await server.close();
    expect(codes()).toEqual([undefined]);
    await server.open();
    await eventually('it was ended', () => codes()[0] === 137, 5_000);
  });

  test('goes with its app', async () => {
    await server.context.operations.destroyApp(server.alice, app);
    await eventually('all is gone', () => server.context.store.apps.destroyed().length === 0, 5_000);
    expect(oneOffs()).toEqual([]);
  });

  test('is waited for by the release of a newer push, so that no two run at once', async () => {
    const newer = await next(build);
    await eventually('the newer one took over', () => rolloutOf(build).state === 'superseded');
    const asked = vi.spyOn(server.context.workloads, 'findOneOff');
    await eventually('it was looked at', () => {
      server.engine.changed(app.id);
      return asked.mock.calls.length > 2;
    });
    expect(rolloutOf(newer).state).toBe('starting');
    expect([ran, codes()]).toEqual([1, [undefined]]);
    oneOffs()[0]?.kill();
    server.engine.changed(app.id);
    await eventually('the newer one runs its own', () => ran === 2, 5_000);
  });

  test('is ended when its time is over, and its rollout says so', async () => {
    await eventually('it was found', () => rolloutOf(build).state === 'starting');
    server.engine.changed(app.id);
    const asked = vi.spyOn(server.context.workloads, 'findOneOff');
    await eventually('it was looked at', () => {
      server.engine.changed(app.id);
      return asked.mock.calls.length > 1;
    });
    const real = performance.now.bind(performance);
    const told = server.context.followEnd(build.id, 'live');
    vi.spyOn(performance, 'now').mockImplementation(() => real() + 2 * 3_600_000);
    server.engine.changed(app.id);
    await told;
    expect(rolloutOf(build).reason).toMatchObject({ code: 'release_phase_timeout' });
    expect(codes()).toEqual([137]);
  });

  test('that ends badly takes its release along, and who waits for it is told', async () => {
    const told = server.context.followEnd(build.id, 'live');
    const [one] = oneOffs();
    if (one) one.code = 137;
    server.engine.changed(app.id);
    await told;
    expect(rolloutOf(build)).toMatchObject({ state: 'failed', reason: { code: 'release_phase_failed' } });
  });

  test('begins anew when it had been prepared only, and had not begun', async () => {
    const [one] = oneOffs();
    if (one) one.unbegun = true;
    server.engine.oneOff = () => {
      ran++;
      return { code: 0 };
    };
    server.engine.changed(app.id);
    await server.context.followEnd(build.id, 'live');
    expect([rolloutOf(build).state, ran]).toEqual(['live', 2]);
  });

  test('that ends well lets its release go on', async () => {
    const [one] = oneOffs();
    if (one) one.code = 0;
    server.engine.changed(app.id);
    await server.context.followEnd(build.id, 'live');
    expect([rolloutOf(build).state, ran]).toEqual(['live', 1]);
  });
});

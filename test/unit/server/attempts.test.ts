import { text as readAll } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { request, type ClientRequest } from 'node:http';
import { LOST_AFTER_MS, MAX_ATTEMPTS } from '../../../server/dispatch/attempts.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { BuildRow } from '../../../server/store/builds.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let app: AppRow;
let build: BuildRow;
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
  build = await server.push(app, await server.commit(app, { Dockerfile: 'FROM busybox:1\n' }));
});
afterEach(async () => {
  await server.remove();
});

function row(): BuildRow {
  return server.context.store.builds.require(build.id);
}

/** Holds a watch as a builder does. */
function watch(attempt: number): { asked: ClientRequest; events: () => string; open: Promise<void> } {
  let text = '';
  const open = Promise.withResolvers<void>();
  const asked = request(
    {
      socketPath: server.context.settings.paths.serverSocket,
      path: `/internal/builds/${build.id}/attempts/${attempt}/watch`,
      agent: false,
    },
    (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', () => undefined);
      open.resolve();
    },
  );
  asked.on('error', () => undefined);
  asked.end();
  return { asked, events: () => text, open: open.promise };
}

test('an attempt is given to one builder: a repeat gets the same, another one and an older message are refused', async () => {
  expect((await server.claim(build, 'one')).status).toBe(200);
  expect((await server.claim(build, 'one')).status).toBe(200);
  expect((await server.claim(build, 'two')).status).toBe(409);
  await server.post('/internal/builders', { builder: 'builder', instance: 'three' });
  expect(row()).toMatchObject({ state: 'queued', attempt: 2 });
  const old = { buildId: build.id, attempt: 1, builder: 'builder', instance: 'one' };
  expect((await server.post('/internal/attempts/claim', old)).status).toBe(409);
  expect((await server.claim(build, 'three')).status).toBe(200);
});

/** Log bytes of the first attempt. */
async function sendLog(
  offset: number,
  bytes: string,
  last = false,
): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath: server.context.settings.paths.serverSocket,
        path: `/internal/builds/${build.id}/attempts/1/log?offset=${offset}${last ? '&last=1' : ''}`,
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/octet-stream' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(bytes);
  });
}

test('log bytes arrive once, whatever is repeated, and none for an attempt that is over', async () => {
  const { task } = await server.claim(build);
  const head = await server.context.buildLogs.size(build.id);
  expect(task.logBytes).toBe(0);
  expect((await sendLog(0, 'one\n')).body).toEqual({ received: 4 });
  expect((await sendLog(0, 'one\ntwo\n')).body).toEqual({ received: 8 });
  expect((await sendLog(4, 'two\n')).body).toEqual({ received: 8 });
  expect((await sendLog(99, 'hole')).body).toEqual({ received: 8 });
  expect(await server.context.buildLogs.size(build.id)).toBe(head + 8);
  expect((await server.claim(build)).task.logBytes).toBe(8);
  await server.context.operations.cancelBuild(server.alice, app, build);
  expect((await sendLog(8, 'late')).status).toBe(410);
});

test('secrets stay out of the log and of the reason, also one that is set while the build runs', async () => {
  const { store, buildLogs } = server.context;
  await server.claim(build);
  expect((await sendLog(0, 'with hunter2-hunter2\nhun')).body).toEqual({ received: 24 });
  store.configs.add(app, { PASSWORD: { value: 'hunter2-hunter2', secret: true } }, server.alice.id);
  const text = 'with hunter2-hunter2\nhun';
  expect((await sendLog(24, 'ter2\nwith hunter2-hun')).body).toEqual({ received: 34 });
  expect((await sendLog(34, 'hunter2-hunter2', true)).body).toEqual({ received: 49 });
  const log = await readAll(buildLogs.read(build.id, 0));
  expect(log.slice(log.indexOf('with'))).toBe(`${text}ter2\nwith [PASSWORD]`);
  const why = { code: 'test_failed', message: 'no', detail: ['Error: hunter2-hunter2', '"hunter2-hunter2"'] };
  await server.finish(build, { result: 'failed', reason: why });
  expect(row().reason?.detail).toEqual(['Error: [PASSWORD]', '"[PASSWORD]"']);
});

test('a cancel reaches the builder through its watch, and its late end is refused', async () => {
  await server.claim(build);
  const held = watch(1);
  await held.open;
  await server.context.operations.cancelBuild(server.alice, app, build);
  await eventually('it was told', () => held.events().includes('"cancel"'));
  expect(await server.finish(build, { result: 'failed', reason: { code: 'late', message: 'late' } })).toBe(
    410,
  );
  expect(row().state).toBe('cancelled');
});

test('a builder that is watched is not lost; one whose watch is gone too long is, and after the last attempt the build fails', async () => {
  const { attempts } = server.context;
  await server.claim(build);
  const held = watch(1);
  await held.open;
  const later = performance.now() + LOST_AFTER_MS * 10;
  expect(attempts.expire(later)).toEqual([]);
  held.asked.destroy();
  await eventually('the watch is gone', () => !attempts.anyRun(app.id));
  expect(attempts.expire(performance.now() + LOST_AFTER_MS / 2)).toEqual([]);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    expect(row()).toMatchObject({ state: 'queued', attempt });
    if (attempt > 1) expect((await server.claim(build)).status).toBe(200);
    expect(attempts.expire(performance.now() + LOST_AFTER_MS * 100)).toEqual([app.id]);
  }
  expect(row()).toMatchObject({ state: 'failed', reason: { code: 'builder_lost' } });
});

test("an app's builds run one at a time: the next claim waits until the superseded one has stopped", async () => {
  await server.claim(build);
  const held = watch(1);
  await held.open;
  const next = await server.push(
    app,
    await server.commit(app, { Dockerfile: 'FROM busybox:1\n', a: 'b' }, build.commit_id),
  );
  let claimed = false;
  const claim = server.claim(next).then((answer) => {
    claimed = true;
    return answer;
  });
  await eventually('the old one was told to stop', () => held.events().includes('"cancel"'));
  expect(server.context.attempts.othersRun(app.id, next.id)).toBe(true);
  expect(claimed).toBe(false);
  held.asked.destroy();
  expect((await claim).status).toBe(200);
  expect(server.context.attempts.othersRun(app.id, next.id)).toBe(false);
});

test('a cached test stage tells in which build its tests really ran', async () => {
  const tested = async (one: BuildRow, cached: boolean): Promise<unknown> =>
    (await server.post(`/internal/builds/${one.id}/attempts/1/tested`, { testImage: 'sha256:t', cached }))
      .body;
  await server.claim(build);
  expect(await tested(build, false)).toEqual({});
  const next = await server.push(
    app,
    await server.commit(app, { Dockerfile: 'FROM busybox:1\n', a: 'b' }, build.commit_id),
  );
  await server.claim(next);
  expect(await tested(next, true)).toEqual({ ranInBuild: 1 });
  const third = await server.push(
    app,
    await server.commit(app, { Dockerfile: 'FROM busybox:1\n', a: 'c' }, next.commit_id),
  );
  await server.claim(third);
  expect(await tested(third, true)).toEqual({ ranInBuild: 1 });
});

test('a builder that hangs while its watch is open is given up once its stages must be over', async () => {
  await server.claim(build);
  const held = watch(1);
  await held.open;
  const { attempts } = server.context;
  expect(attempts.expire()).toEqual([]);
  expect(attempts.expire(performance.now() + 24 * 3_600_000)).toEqual([app.id]);
  expect(row()).toMatchObject({ state: 'queued', attempt: 2 });
  await eventually('it was told', () => held.events().includes('"cancel"'));
  held.asked.destroy();
});

test('a builder that says "cancelled" of what nobody cancelled is not given it for ever', async () => {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    await server.claim(build);
    expect(await server.finish(build, { result: 'cancelled' })).toBe(200);
  }
  expect(row()).toMatchObject({ state: 'failed', reason: { code: 'builder_lost' } });
});

test('an app is destroyed once its builder has really stopped, and nobody is kept busy until then', async () => {
  await server.claim(build);
  const held = watch(1);
  await held.open;
  const removed = vi.spyOn(server.traffic, 'remove');
  const { store, operations } = server.context;
  await operations.destroyApp(server.alice, app);
  await eventually('the builder was told', () => held.events().includes('"cancel"'));
  await eventually('it was looked at twice', () => removed.mock.calls.length > 1);
  expect(removed.mock.calls.length).toBeLessThan(5);
  expect(store.apps.destroyed()).toHaveLength(1);
  held.asked.destroy();
  await eventually('it is gone', () => store.apps.destroyed().length === 0);
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerClient, ServerRefused } from '../../../builder/server-client.ts';
import { watch } from '../../../builder/watch.ts';
import { TAKEN_UP_AFTER_MS } from '../../../server/dispatch/attempts.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { BuildRow } from '../../../server/store/builds.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

const TOKEN = 'a-token-of-at-least-32-characters-0123456789';
const CLUSTER = {
  SLUICE_ENGINE: 'kubernetes',
  SLUICE_PLATFORM_TOKEN: TOKEN,
  SLUICE_PARTS_PORT: '0',
  SLUICE_TREE_PORT: '0',
  SLUICE_REGISTRY: 'registry.example.com',
  SLUICE_PARTS_BIND: '127.0.0.1',
};
const LOST = { result: 'lost', reason: { code: 'node_lost', message: 'node1 was lost' } } as const;

let server: TestServer;
let app: AppRow;
let build: BuildRow;
const clients: ServerClient[] = [];
const over = new AbortController();

beforeEach(async () => {
  server = await TestServer.start(CLUSTER);
  app = await server.app('shop');
  build = await server.push(app, await server.commit(app, { Dockerfile: 'FROM busybox:1\n' }));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.remove();
});

function builder(token = TOKEN): ServerClient {
  const client = new ServerClient({ url: new URL(`http://127.0.0.1:${server.parts.port}`), token });
  clients.push(client);
  return client;
}

function claim(client: ServerClient, name: string): Promise<unknown> {
  const body = { buildId: build.id, attempt: 1, builder: name, instance: name };
  return client.post('/internal/attempts/claim', body, over.signal);
}

async function statusOf(call: Promise<unknown>): Promise<number> {
  return call.then(
    () => 200,
    (error: unknown) => (error instanceof ServerRefused ? error.status : -1),
  );
}

function holdWatch(client: ServerClient): { end: () => Promise<void> } {
  const stop = new AbortController();
  const held = watch(client, `/internal/builds/${build.id}/attempts/1/watch`, stop.signal);
  return {
    end: async () => {
      stop.abort();
      await held;
    },
  };
}

describe('parts on other machines', () => {
  it('are let in by the token of the platform alone', async () => {
    expect(await statusOf(claim(builder('another-token-of-32-characters-0123456789'), 'one'))).toBe(401);
    expect(await statusOf(claim(builder(), 'one'))).toBe(200);
    const none = await fetch(`http://127.0.0.1:${server.parts.port}/internal/attempts`);
    expect(none.status).toBe(401);
    expect(await none.json()).toMatchObject({ reason: { code: 'platform_token_wrong' } });
  });

  it('can do nothing in the name of a person', async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'x-sluice-person': server.alice.id };
    for (const path of ['/v1/apps', '/internal/ssh/authorize', '/internal/pushes']) {
      const answer = await fetch(`http://127.0.0.1:${server.parts.port}${path}`, { headers });
      expect([path, answer.status]).toEqual([path, 404]);
    }
  });

  it('can ask whether the server is well', async () => {
    expect((await fetch(`http://127.0.0.1:${server.parts.port}/healthz`)).status).toBe(200);
  });
});

describe('an attempt that a cluster runs', () => {
  it('is taken up again by another builder once nobody watches it, and goes on where its log ended', async () => {
    const [one, two] = [builder(), builder()];
    expect(await claim(one, 'one')).toMatchObject({ attempt: 1, logBytes: 0 });
    const first = holdWatch(one);
    await eventually('it is watched', () => server.context.attempts.anyRun(app.id));
    const log = `/internal/builds/${build.id}/attempts/1/log?offset=0`;
    await one.post(log, Buffer.from('one\n'), over.signal);
    expect(await statusOf(claim(two, 'two'))).toBe(409);
    const queued = server.queue.jobs.length;
    await first.end();
    await eventually('the watch is gone', () => !server.context.attempts.anyRun(app.id));
    expect(await statusOf(claim(two, 'two'))).toBe(409);
    await eventually(
      'it is queued again',
      () => server.queue.jobs.length > queued,
      TAKEN_UP_AFTER_MS + 10_000,
    );
    expect(server.queue.jobs.at(-1)).toEqual({ buildId: build.id, attempt: 1 });
    expect(await claim(two, 'two')).toMatchObject({ attempt: 1, logBytes: 4 });
    const second = holdWatch(two);
    await eventually('it is watched again', () => server.context.attempts.anyRun(app.id));
    expect(await statusOf(claim(one, 'one'))).toBe(409);
    await second.end();
  });

  it('is not lost when its builder starts anew', async () => {
    await claim(builder(), 'one');
    const hello = { builder: 'one', instance: 'another' };
    await builder().post('/internal/builders', hello, over.signal);
    expect(server.context.store.builds.require(build.id)).toMatchObject({ attempt: 1 });
    expect(await builder().read('/internal/attempts', over.signal)).toEqual({ open: [`${build.id}-1`] });
  });

  it('that was lost has one attempt more, and then fails with what took it', async () => {
    await server.claim(build);
    expect(await server.finish(build, LOST)).toBe(200);
    expect(server.context.store.builds.require(build.id)).toMatchObject({ state: 'queued', attempt: 2 });
    await server.claim(build);
    expect(await server.finish(build, LOST)).toBe(200);
    expect(server.context.store.builds.require(build.id)).toMatchObject({
      state: 'failed',
      reason: { code: 'node_lost' },
    });
    expect(await builder().read('/internal/attempts', over.signal)).toEqual({ open: [] });
  });
});

describe('what an attempt is made from', () => {
  async function get(what: string, path: string, token?: string): Promise<Response> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return fetch(`http://127.0.0.1:${server.parts.treePort}/${what}/${path}`, { headers });
  }

  it('is its tree, given to the token of that attempt for as long as it is under way', async () => {
    const { task } = await server.claim(build);
    const given = await get('trees', `${build.id}/1`, task.attemptToken);
    expect(given.status).toBe(200);
    expect(Buffer.from(await given.arrayBuffer()).toString()).toContain('FROM busybox:1');
    await server.context.operations.cancelBuild(server.alice, app, build);
    expect((await get('trees', `${build.id}/1`, task.attemptToken)).status).toBe(410);
  });

  it('is what is set for builds, and nothing else of the config, and no part of the task', async () => {
    const secret = { value: 's3cr3t-of-builds', secret: true, build: true };
    server.context.store.configs.add(
      app,
      { NPM_TOKEN: secret, BOTH: { ...secret, file: true }, URL: { value: 'x', secret: true }, PLAIN: 'y' },
      server.alice.id,
    );
    const { task } = await server.claim(build);
    const given = await get('secrets', `${build.id}/1`, task.attemptToken);
    expect(given.headers.get('cache-control')).toBe('no-store');
    const offered = { NPM_TOKEN: secret.value, BOTH: secret.value };
    expect(await given.json()).toEqual(offered);
    const told = await builder().post(`/internal/builds/${build.id}/attempts/1/secrets`, {}, over.signal);
    expect(told).toEqual(offered);
    expect(JSON.stringify([task, server.queue.jobs])).not.toContain(secret.value);
    await server.context.operations.cancelBuild(server.alice, app, build);
    expect((await get('secrets', `${build.id}/1`, task.attemptToken)).status).toBe(410);
    const late = builder().post(`/internal/builds/${build.id}/attempts/1/secrets`, {}, over.signal);
    expect(await statusOf(late)).toBe(410);
  });

  it.each(['trees', 'secrets'])('its %s are not given to any other token', async (what) => {
    const { task } = await server.claim(build);
    const other = await server.app('other');
    const theirs = await server.push(other, await server.commit(other, { Dockerfile: 'FROM busybox:1\n' }));
    const { task: foreign } = await server.claim(theirs);
    for (const token of [undefined, TOKEN, 'x', foreign.attemptToken, `${task.attemptToken}x`]) {
      const answer = await get(what, `${build.id}/1`, token);
      expect(answer.status).toBe(401);
    }
    // Nothing tells a build that there is from one that there is not.
    expect((await get(what, 'nobody/1', task.attemptToken)).status).toBe(401);
    expect((await get(what, `${build.id}/2`, task.attemptToken)).status).toBe(401);
    expect((await fetch(`http://127.0.0.1:${server.parts.treePort}/internal/attempts`)).status).toBe(404);
  });
});

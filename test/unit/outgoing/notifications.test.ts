import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Event } from '../../../core/contracts/resources.ts';
import { newSigningSecret } from '../../../server/outgoing/signature.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { NotifyEndpointRow } from '../../../server/store/notify-endpoints.ts';
import { eventually } from '../../support/eventually.ts';
import { Receiver, type Received } from '../../support/receiver.ts';
import { TestServer } from '../../support/server.ts';

let receiver: Receiver;
let server: TestServer;
let app: AppRow;
const FILES = { Dockerfile: 'FROM busybox:1\n' };

beforeEach(async () => {
  receiver = await Receiver.start();
  server = await TestServer.start(
    { SLUICE_PRIVATE_HOSTS: receiver.origin },
    { resolve: async (host) => (host === 'inside.example.com' ? ['10.0.0.1'] : ['93.184.215.14']) },
  );
  app = await server.app('shop');
});
afterEach(async () => {
  await server.remove();
  await receiver.stop();
});

function endpoint(events: string[] = ['*'], url = `${receiver.origin}/hook`): NotifyEndpointRow {
  const { notifyEndpoints } = server.context.store;
  const personId = server.alice.id;
  return notifyEndpoints.add({ appId: app.id, url, secret: newSigningSecret(), events, personId });
}

function told(): Event[] {
  return receiver.received.map(({ body }) => Event.parse(JSON.parse(body)));
}

const types = (): string[] => told().map(({ type }) => type);

async function arrived(type: string): Promise<void> {
  await eventually(`${type} has arrived`, () => types().includes(type));
}

test('a deploy is told from its beginning to its end, signed as the specification says', async () => {
  const { secret } = endpoint();
  const commit = await server.commit(app, FILES);
  await server.deploy(app, commit, 'one');
  await arrived('rollout.promoted');
  expect(types()).toEqual([
    'build.created',
    'build.started',
    'build.succeeded',
    'release.created',
    'rollout.started',
    'rollout.promoted',
  ]);
  expect(told().at(0)).toMatchObject({
    id: receiver.received[0]?.headers['webhook-id'],
    app: { id: app.id, name: 'shop' },
    data: {
      build: { number: 1, commit, state: 'queued', person: 'alice' },
    },
  });
  expect(told().at(-1)).toMatchObject({
    data: { release: { number: 1, commit, build: 1 }, rollout: { state: 'live' } },
  });
  const { headers, body } = receiver.received[0] as Received;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const said = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(said).digest('base64')}`);
  expect(Math.abs(Date.now() / 1_000 - Number(headers['webhook-timestamp']))).toBeLessThan(60);
  expect(new Set(receiver.received.map(({ headers: { 'webhook-id': id } }) => id)).size).toBe(6);
});

test('a failure brings its reason without what logs said, and only what was asked for is sent', async () => {
  endpoint(['build.failed', 'config.*']);
  const build = await server.push(app, await server.commit(app, FILES));
  await server.claim(build);
  await server.finish(build, {
    result: 'failed',
    reason: {
      code: 'test_failed',
      message: 'the tests failed',
      hint: 'mend them',
      detail: ['a secret line'],
    },
  });
  await arrived('build.failed');
  expect(told()).toHaveLength(1);
  expect(told()[0]?.data.build?.reason).toEqual({
    code: 'test_failed',
    message: 'the tests failed',
    hint: 'mend them',
  });
  expect(receiver.received[0]?.body).not.toContain('a secret line');
});

test('a change of config is told by its keys, never by its values', async () => {
  endpoint(['config.changed']);
  await server.context.operations.setConfig(server.alice, app, { A: 'value-one', B: 'value-two' });
  await server.context.operations.setConfig(server.alice, app, { A: 'value-three', B: null });
  await eventually('both are told', () => receiver.received.length === 2);
  expect(told().map(({ data }) => data.config)).toEqual([
    { version: 1, person: 'alice', added: ['A', 'B'], changed: [], removed: [] },
    { version: 2, person: 'alice', added: [], changed: ['A'], removed: ['B'] },
  ]);
  expect(receiver.received.map(({ body }) => body).join('')).not.toContain('value-');
});

test('where nobody listens, nothing is written; nor of another app', async () => {
  const other = await server.app('other');
  await server.deploy(app, await server.commit(app, FILES), 'one');
  endpoint();
  await server.push(other, await server.commit(other, FILES));
  expect(server.context.store.db.get('SELECT count(*) AS n FROM outgoing_events')).toEqual({ n: 0 });
});

test('what happens in a transaction that comes to nothing is not told', async () => {
  endpoint();
  const { store } = server.context;
  expect(() =>
    store.transaction(() => {
      store.configs.add(app, { A: 'b' }, server.alice.id);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(store.outgoing.fresh(10)).toEqual([]);
});

test('what a receiver answers is kept without secrets, not even half of one', async () => {
  const { secret } = endpoint(['config.changed']);
  const half = 'x'.repeat(1_980);
  receiver.answer = (_, response) => response.writeHead(500).end(`I know ${secret} ${half}${secret}`);
  await server.context.operations.setConfig(server.alice, app, { A: '1' });
  const { store } = server.context;
  await eventually('it was tried', () => store.outgoing.page(app.id, 1e9, 9)[0]?.attempts === 1);
  const { answer = '' } = store.outgoing.page(app.id, 1e9, 9)[0] ?? {};
  expect(answer).toMatch(/^I know \[NOTIFY_SECRET\] x+$/);
  expect(answer).toHaveLength(2_000);
});

test('a receiver that fails is asked again later, with the same message', async () => {
  endpoint(['config.changed']);
  receiver.answer = (_, response) => response.writeHead(500).end('broken');
  await server.context.operations.setConfig(server.alice, app, { A: '1' });
  const { store } = server.context;
  await eventually('it was tried', () => store.outgoing.page(app.id, 1e9, 9)[0]?.attempts === 1);
  const [delivery] = store.outgoing.page(app.id, 1e9, 9);
  expect(delivery).toMatchObject({ state: 'waiting', status: 500, answer: 'broken', type: 'config.changed' });
  expect((delivery?.next_at ?? 0) - Date.now()).toBeGreaterThan(3_000);
  // Its time has come.
  receiver.answer = (_, response) => response.end();
  store.db.run('UPDATE outgoing_deliveries SET next_at = 0');
  server.context.outgoing.wake();
  await eventually('it has arrived', () => store.outgoing.page(app.id, 1e9, 9)[0]?.state === 'delivered');
  const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(ids).toEqual([delivery?.message, delivery?.message]);
});

test('a server that ends while it tells somebody tells it again when it is back', async () => {
  endpoint(['config.changed']);
  const asked = Promise.withResolvers<void>();
  receiver.answer = () => asked.resolve();
  await server.context.operations.setConfig(server.alice, app, { A: '1' });
  await asked.promise;
  await server.close();
  receiver.answer = (_, response) => response.end();
  await server.open();
  const { store } = server.context;
  await eventually('it has arrived', () => store.outgoing.page(app.id, 1e9, 9)[0]?.state === 'delivered');
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
});

test('a receiver that says that it is gone is left alone from then on', async () => {
  const { id } = endpoint(['config.changed']);
  receiver.answer = (_, response) => response.writeHead(410).end();
  const { store, operations } = server.context;
  await operations.setConfig(server.alice, app, { A: '1' });
  await eventually('it is disabled', () => typeof store.notifyEndpoints.byId(id)?.disabled === 'string');
  await operations.setConfig(server.alice, app, { A: '2' });
  expect(store.outgoing.fresh(9)).toEqual([]);
  expect(receiver.received).toHaveLength(1);
});

test.each([
  ['http://93.184.215.14/', 'http://93.184.215.14 is not https'],
  ['https://inside.example.com/', 'inside.example.com is at 10.0.0.1, which is not a public address'],
  ['https://127.0.0.1/', '127.0.0.1 is at 127.0.0.1, which is not a public address'],
])('what is at %s is not asked', async (url, why) => {
  endpoint(['config.changed'], url);
  await server.context.operations.setConfig(server.alice, app, { A: '1' });
  const { outgoing } = server.context.store;
  await eventually('it was tried', () => outgoing.page(app.id, 1e9, 9)[0]?.attempts === 1);
  expect(outgoing.page(app.id, 1e9, 9)[0]).toMatchObject({ state: 'waiting', status: null, answer: why });
});

test('a slow receiver keeps no other one waiting', async () => {
  const slow = endpoint(['config.changed'], `${receiver.origin}/slow`);
  endpoint(['config.changed'], `${receiver.origin}/quick`);
  receiver.answer = ({ path }, response) => path === '/quick' && response.end();
  const { operations, store } = server.context;
  for (const value of ['1', '2', '3']) await operations.setConfig(server.alice, app, { A: value });
  await eventually(
    'the quick one has all',
    () => receiver.received.filter(({ path }) => path === '/quick').length === 3,
  );
  // One at a time.
  expect(receiver.received.filter(({ path }) => path === '/slow')).toHaveLength(1);
  expect(store.notifyEndpoints.byId(slow.id)?.disabled).toBeNull();
});

test('an app that goes takes what was to be told of it along', async () => {
  endpoint(['config.changed']);
  receiver.answer = (_, response) => response.writeHead(500).end();
  const { operations, store } = server.context;
  await operations.setConfig(server.alice, app, { A: '1' });
  await operations.destroyApp(server.alice, app);
  await eventually('its row is gone', () => !store.apps.isKnown(app.id));
  expect(store.db.get('SELECT count(*) AS n FROM outgoing_events')).toEqual({ n: 0 });
  expect(store.db.get('SELECT count(*) AS n FROM outgoing_deliveries')).toEqual({ n: 0 });
});

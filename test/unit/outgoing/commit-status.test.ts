import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commitStatus } from '../../../core/outgoing/commit-status.ts';
import { statusLetter } from '../../../server/outgoing/commit-status.ts';
import { sourceAddress } from '../../../server/sources/address.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { Provider } from '../../../server/store/linked-repositories.ts';
import { eventually } from '../../support/eventually.ts';
import { Receiver } from '../../support/receiver.ts';
import { TestServer } from '../../support/server.ts';

const COMMIT = '1a2b3c4d'.repeat(5);
const FILES = { Dockerfile: 'FROM busybox:1\n' };

test.each([
  ['build.created', { build: 4 }, 'waiting', 'Build 4 is queued'],
  ['build.failed', { build: 4, reason: 'the tests failed' }, 'bad', 'Build 4 failed: the tests failed'],
  ['build.superseded', { build: 4, reason: 'build 5 took over' }, 'over', 'Build 4: build 5 took over'],
  ['rollout.step', { build: 4, release: 7, weight: 5 }, 'running', 'v7 has 5 % of the traffic'],
  ['rollout.promoted', { build: 4, release: 7 }, 'good', 'v7 is live'],
  ['rollout.rolled-back', { build: 4, release: 7, reason: 'errors' }, 'bad', 'v7 was rolled back: errors'],
])('%s is said as a status', (type, facts, state, description) => {
  expect(commitStatus(type, facts)).toEqual({ state, description });
});

test('a status is one short line, and what is about no commit has none', () => {
  const { description = '' } = commitStatus('build.failed', { build: 1, reason: 'x'.repeat(500) }) ?? {};
  expect(description).toHaveLength(140);
  expect(commitStatus('config.changed', { build: 1 })).toBeUndefined();
});

describe('each provider is told in its own words', () => {
  const hosts = { sourceHosts: undefined, privateHosts: ['http://10.0.0.5:3000'] };
  const letter = (provider: Provider, url: string, state: 'good' | 'over' = 'good') =>
    statusLetter(
      {
        provider,
        address: sourceAddress(url, hosts),
        token: 't',
        appName: 'shop',
        targetUrl: 'http://shop.example.com',
      },
      { commit: COMMIT, state, description: 'v7 is live' },
    );

  test.each([
    ['github', 'git@github.com:acme/shop.git', `https://api.github.com/repos/acme/shop/statuses/${COMMIT}`],
    [
      'github',
      'https://ghe.acme.com/acme/shop',
      `https://ghe.acme.com/api/v3/repos/acme/shop/statuses/${COMMIT}`,
    ],
    [
      'gitlab',
      'https://gitlab.com/a/b/shop.git',
      `https://gitlab.com/api/v4/projects/a%2Fb%2Fshop/statuses/${COMMIT}`,
    ],
    [
      'gitlab',
      'ssh://git@git.acme.com:2222/a/shop',
      `https://git.acme.com/api/v4/projects/a%2Fshop/statuses/${COMMIT}`,
    ],
    [
      'gitea',
      'http://10.0.0.5:3000/a/shop.git',
      `http://10.0.0.5:3000/api/v1/repos/a/shop/statuses/${COMMIT}`,
    ],
  ] as const)('%s of %s', (provider, url, asked) => {
    expect(letter(provider, url).url.href).toBe(asked);
  });

  test('with its names for states and tokens', () => {
    const github = letter('github', 'git@github.com:acme/shop.git');
    expect(JSON.parse(github.body)).toEqual({
      state: 'success',
      description: 'v7 is live',
      context: 'sluice/shop',
      target_url: 'http://shop.example.com',
    });
    expect(github.headers).toMatchObject({ authorization: 'Bearer t' });
    const gitlab = letter('gitlab', 'https://gitlab.com/a/b', 'over');
    expect(JSON.parse(gitlab.body)).toMatchObject({ state: 'canceled', name: 'sluice/shop' });
    expect(gitlab.headers).toMatchObject({ 'private-token': 't' });
  });
});

describe('on their way', () => {
  let receiver: Receiver;
  let server: TestServer;
  let app: AppRow;

  beforeEach(async () => {
    receiver = await Receiver.start();
    server = await TestServer.start({ SLUICE_PRIVATE_HOSTS: receiver.origin });
    app = await server.app('shop');
    server.context.store.linkedRepositories.put({
      app_id: app.id,
      url: `${receiver.origin}/acme/shop.git`,
      branch: null,
      provider: 'github',
      public_key: null,
      host_keys: null,
      secrets: { statusToken: 'gh-token' },
      person_id: server.alice.id,
    });
  });
  afterEach(async () => {
    await server.remove();
    await receiver.stop();
  });

  const states = (): string[] =>
    receiver.received.map(({ body }) => (JSON.parse(body) as { state: string }).state);

  test('a commit is pending, then good once it is live', async () => {
    const commit = await server.commit(app, FILES);
    await server.deploy(app, commit, 'one');
    await eventually('it is told', () => states().at(-1) === 'success');
    expect(states()[0]).toBe('pending');
    expect(receiver.received.every(({ path }) => path === `/api/v3/repos/acme/shop/statuses/${commit}`)).toBe(
      true,
    );
    expect(receiver.received[0]?.headers.authorization).toBe('Bearer gh-token');
  });

  test('a failure is told with its reason', async () => {
    const build = await server.push(app, await server.commit(app, FILES));
    await server.claim(build);
    await server.finish(build, {
      result: 'failed',
      reason: { code: 'test_failed', message: 'the tests failed' },
    });
    await eventually('it is told', () => states().at(-1) === 'failure');
    expect(receiver.received.at(-1)?.body).toContain('Build 1 failed: the tests failed');
  });

  test('nothing older comes after the end, however long the host was away', async () => {
    receiver.answer = (_, response) => response.writeHead(503).end();
    const commit = await server.commit(app, FILES);
    const build = await server.push(app, commit);
    await eventually('it was tried', () => receiver.received.length > 0);
    await server.build(build, 'one');
    await server.context.followEnd(build.id, 'live');
    const { store, outgoing } = server.context;
    const newest = (): string | undefined => store.outgoing.page(app.id, 1e9, 1)[0]?.type;
    await eventually('its end is queued', () => newest() === 'rollout.promoted');
    const before = receiver.received.length;
    receiver.answer = (_, response) => response.writeHead(201).end();
    store.db.run('UPDATE outgoing_deliveries SET next_at = 0');
    outgoing.wake();
    await eventually('it has arrived', () => store.outgoing.page(app.id, 1e9, 1)[0]?.state === 'delivered');
    expect(states().slice(before)).toEqual(['success']);
    const older = store.outgoing.page(app.id, 1e9, 50).slice(1);
    expect(new Set(older.map(({ state }) => state))).toEqual(new Set(['superseded']));
    // Sent again by hand, it is the newest all the same.
    const [oldest] = older.toReversed();
    if (oldest) store.outgoing.again(oldest);
    outgoing.wake();
    await eventually('it was sent again', () => receiver.received.length === before + 2);
    expect(states().at(-1)).toBe('success');
  });

  test('a commit that is not there is not asked about again', async () => {
    receiver.answer = (_, response) => response.writeHead(422).end('No commit found for SHA');
    await server.push(app, await server.commit(app, FILES));
    const { store } = server.context;
    await eventually('it is given up', () => store.outgoing.page(app.id, 1e9, 1)[0]?.state === 'dead');
    expect(store.outgoing.page(app.id, 1e9, 1)[0]).toMatchObject({ status: 422, attempts: 1 });
  });
});

import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Event } from '../../../core/contracts/resources.ts';
import { reason } from '../../../core/reason.ts';
import { EventStream } from '../../../server/api/streams/event-stream.ts';
import { EventSource } from './support/event-source.ts';
import { startPlatform } from './support/platform.ts';
import { getSlowly } from './support/raw-request.ts';
import { makeBuild, makeRelease } from './support/rows.ts';
import { steady } from './support/steady.ts';

async function shop() {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  const { store } = platform;
  const release = () => {
    const { id } = makeRelease(store, app, { person: olga });
    return store.rollouts.byRelease(id)?.id ?? '';
  };
  const listen = (lastEventId?: string, by = olga) =>
    EventSource.open(platform, '/v1/apps/shop/events', by, lastEventId);
  return { platform, store, olga, app, release, listen };
}

function textOf(event: EventSource['events'][number] | undefined): string | undefined {
  return event && (event.data['data'] as Event['data']).note?.text;
}

test('what happens to builds, releases and rollouts is told as it happens, in order', async () => {
  const { store, olga, app, release, listen } = await shop();
  const source = await listen();
  expect(source.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  const build = makeBuild(store, app, { person: olga });
  store.builds.move(build.id, 'fail', { reason: reason('test_failed', 'the tests failed') });
  const rollout = release();
  store.rollouts.move(rollout, 'step', { step: 1, weight: 500 });
  store.rollouts.say(rollout, 'step', 'v1 takes 5 % of requests');
  store.rollouts.move(rollout, 'roll-back', { weight: 0, reason: reason('canary_worse', 'v1 is worse') });
  const events = await source.has(8);
  const about = { app: { id: app.id, name: 'shop' }, at: expect.stringMatching(/^20.*Z$/) as string };
  const told = events.map(({ data }) => ({ ...data, id: undefined }));
  const ofBuild = {
    number: 1,
    commit: build.commit_id,
    branch: 'main',
    source: build.source,
    person: 'olga',
    attempt: 1,
  };
  const made = { number: 1, source: 'build', description: 'made by build', person: 'olga' };
  const going = { weight: 0, paused: false, held: false };
  const canary = { ...going, state: 'canary', step: 2, weight: 5 };
  const why = { code: 'canary_worse', message: 'v1 is worse' };
  expect(told).toEqual([
    { ...about, type: 'build.created', data: { build: { ...ofBuild, state: 'queued' } } },
    {
      ...about,
      type: 'build.failed',
      data: {
        build: { ...ofBuild, state: 'failed', reason: { code: 'test_failed', message: 'the tests failed' } },
      },
    },
    { ...about, type: 'release.created', data: { release: made } },
    { ...about, type: 'rollout.started', data: { release: made, rollout: { ...going, state: 'starting' } } },
    { ...about, type: 'rollout.step', data: { release: made, rollout: canary } },
    {
      ...about,
      type: 'rollout.note',
      data: { release: made, note: { about: 'step', text: 'v1 takes 5 % of requests' } },
    },
    {
      ...about,
      type: 'rollout.rolled-back',
      data: { release: made, rollout: { ...going, state: 'rolled-back', reason: why } },
    },
    {
      ...about,
      type: 'rollout.note',
      data: { release: made, note: { about: 'rolled-back', text: 'v1 is worse' } },
    },
  ]);
  for (const { data } of events) Event.parse(data);
  expect(events.map(({ id, data }) => id === data['id'])).not.toContain(false);
  expect(events.map(({ event, data }) => event === String(data['type']).split('.')[0])).not.toContain(false);
});

test('each change has the type that notifications know it by; what changes in between is an update', async () => {
  const { platform, store, olga, app, listen } = await shop();
  const source = await listen();
  const build = makeBuild(store, app, { person: olga });
  for (const event of ['test', 'build'] as const) store.builds.move(build.id, event);
  store.apps.setMaintenance(app.id, true);
  const { id } = makeRelease(store, app, { person: olga });
  const rollout = store.rollouts.byRelease(id)?.id ?? '';
  store.rollouts.move(rollout, 'step', { step: 0, weight: 500 });
  store.rollouts.pause(rollout, olga.id);
  const events = await source.has(8);
  expect(events.map(({ data: { type } }) => type)).toEqual([
    'build.created',
    'build.started',
    'build.updated',
    'app.updated',
    'release.created',
    'rollout.started',
    'rollout.step',
    'rollout.updated',
  ]);
  expect(events[3]?.data['data']).toEqual({ app: { name: 'shop', maintenance: true } });
  void platform;
});

test('who pauses and what holds is told, what only changes numbers is not', async () => {
  const { store, olga, release, listen } = await shop();
  const source = await listen();
  const rollout = release();
  store.rollouts.move(rollout, 'step', { step: 1, weight: 500 });
  store.rollouts.saveProgress(rollout, {} as never);
  store.rollouts.pause(rollout, olga.id);
  store.rollouts.hold(rollout, reason('metrics_silent', 'nothing to compare'));
  const told = (await source.has(5))
    .slice(2)
    .map(({ data }) => (data['data'] as Event['data']).rollout)
    .map((said) => [said?.paused, said?.held]);
  expect(told).toEqual([
    [false, false],
    [true, false],
    [true, true],
  ]);
});

test('whoever loses the connection goes on where they were: nothing is lost, nothing comes twice', async () => {
  const { store, release, listen } = await shop();
  const rollout = release();
  const seen: EventSource['events'] = [];
  let last: string | undefined = '0';
  for (let n = 1; n <= 40; n++) {
    store.rollouts.say(rollout, 'note', `line ${n}`);
    if (n % 8 !== 0) continue;
    const source = await listen(last);
    await source.has(3);
    source.close();
    // Only what was taken counts: the rest comes again.
    const taken = source.events.slice(0, 3);
    seen.push(...taken);
    last = taken.at(-1)?.id;
  }
  const source = await listen(last);
  await vi.waitFor(() => expect(textOf(source.events.at(-1))).toBe('line 40'));
  seen.push(...source.events);
  const texts = seen.flatMap((event) => textOf(event) ?? []);
  expect(texts).toEqual(Array.from({ length: 40 }, (_, n) => `line ${n + 1}`));
});

test('before anything has happened there is an id to go on after', async () => {
  const { release, listen } = await shop();
  const source = await listen();
  await vi.waitFor(() => expect(source.lastEventId).toBe('0'));
  source.close();
  release();
  expect(await (await listen(source.lastEventId)).has(2)).toHaveLength(2);
});

test('?after= says the same, and a header is above it', async () => {
  const { platform, olga, release, listen } = await shop();
  release();
  const source = await EventSource.open(platform, '/v1/apps/shop/events?after=0', olga);
  const [first] = await source.has(2);
  expect(first?.event).toBe('release');
  const both = await EventSource.open(platform, '/v1/apps/shop/events?after=0', olga, first?.id);
  expect((await both.has(1))[0]?.event).toBe('rollout');
  void listen;
});

test('what was let go is not passed over in silence', async () => {
  const { platform, store, olga, release } = await shop();
  const client = platform.as(olga).set('Accept', 'text/event-stream');
  const path = '/v1/apps/shop/events';
  for (const id of ['0', '7']) {
    release();
    store.feed.letGo(Date.now() + 8 * 24 * 60 * 60 * 1000);
    const { body } = await client.get(path).set('Last-Event-ID', id).expect(410);
    expect(body.reason.code).toBe('events_gone');
  }
  for (const id of ['x', '-1', '1.5']) {
    const { body } = await client.get(path).set('Last-Event-ID', id).expect(422);
    expect(body.reason.code).toBe('event_id_invalid');
  }
});

test('old rows go by age and by number, and the numbers are never used again', async () => {
  const { store, release } = await shop();
  for (let n = 0; n < 5; n++) release();
  expect(store.feed.newest()).toBe(10);
  expect(store.feed.letGo(Date.now(), { ms: 60_000, rows: 4 })).toBe(6);
  expect(store.feed.after(0, 100).map(({ seq }) => seq)).toEqual([7, 8, 9, 10]);
  expect(store.feed.letGo(Date.now() + 60_001, { ms: 60_000, rows: 4 })).toBe(4);
  expect(store.feed.letGo(Date.now() + 60_001, { ms: 60_000, rows: 4 })).toBe(0);
  expect([store.feed.newest(), store.feed.letGoUpTo()]).toEqual([10, 10]);
  release();
  expect(store.feed.newest()).toBe(12);
});

test('all events: of the apps that one may see at that moment, and no others', async () => {
  const { platform, store, olga, app } = await shop();
  const dan = platform.person('dan');
  const cart = platform.app('cart', dan);
  const source = await EventSource.open(platform, '/v1/events', olga);
  makeBuild(store, cart, { person: dan });
  makeBuild(store, app, { person: olga });
  await source.has(1);
  store.people.setRole(cart.id, olga.id, 'viewer');
  makeBuild(store, cart, { person: dan });
  await source.has(2);
  store.people.removeRole(cart.id, olga.id);
  makeBuild(store, cart, { person: dan });
  makeBuild(store, app, { person: olga });
  const events = await source.has(3);
  expect(
    events
      .map(({ data }) => Event.parse(data))
      .map(({ app: { name }, data }) => `${name} ${String(data.build?.number)}`),
  ).toEqual(['shop 1', 'cart 2', 'shop 2']);
  const admin = await EventSource.open(
    platform,
    '/v1/events?after=0',
    platform.person('ada', { admin: true }),
  );
  expect(await admin.has(5)).toHaveLength(5);
});

test('it ends with the access of who listens, before the next event', async () => {
  const { platform, store, app, release, listen } = await shop();
  const vic = platform.person('vic', { in: app });
  const source = await listen(undefined, vic);
  store.people.removeRole(app.id, vic.id);
  release();
  expect(await source.ended).toBe(true);
  expect(source.events).toEqual([]);
});

test('it ends whole when the server stops', async () => {
  const { platform, listen } = await shop();
  const source = await listen();
  await platform.endStreams();
  expect(await source.ended).toBe(true);
});

test('a slow reader is read for no faster than it takes, and then gets all', async () => {
  const { platform, store, olga, release } = await shop();
  const rollout = release();
  store.transaction(() => {
    for (let n = 0; n < 20_000; n++) store.rollouts.say(rollout, 'note', `${n} ${'x'.repeat(1_000)}`);
  });
  let taken = 0;
  const after = store.feed.after.bind(store.feed);
  vi.spyOn(store.feed, 'after').mockImplementation((...given) => {
    const rows = after(...given);
    taken += rows.length;
    return rows;
  });
  const response = await getSlowly(platform.socketPath, '/v1/apps/shop/events?after=0', olga);
  await steady(() => taken);
  expect(taken).toBeLessThan(5_000);
  let events = 0;
  response
    .setEncoding('utf8')
    .on('data', (text: string) => (events += text.split('"type":"rollout.note"').length - 1));
  await vi.waitFor(() => expect(taken).toBe(20_002), { timeout: 15_000 });
  await vi.waitFor(() => expect(events).toBeGreaterThan(19_900), { timeout: 15_000 });
  response.destroy();
});

test('a quiet stream has a beat, which carries how far it is', async () => {
  let stream: EventStream | undefined;
  const server = createServer((_, response) => {
    stream = new EventStream(response, new AbortController().signal, '7', 10);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const asked = get({ port: (server.address() as AddressInfo).port, path: '/', agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let said = '';
  response.setEncoding('utf8').on('data', (text: string) => (said += text));
  await vi.waitFor(() => expect(said).toMatch(/^(:\nid: 7\n\n){3}/));
  stream?.end();
  await once(response, 'end');
});

test('a build log as events: whole lines, the offset behind them as id, and an end', async () => {
  const { platform, store, olga, app } = await shop();
  const build = makeBuild(store, app, { person: olga });
  await platform.buildLogs.append(build.id, 'one\ntwo ü');
  const path = '/v1/apps/shop/builds/1/log?follow=true';
  const source = await EventSource.open(platform, path, olga);
  expect(await source.has(1)).toEqual([{ id: '4', event: 'log', data: { text: 'one\n' } }]);
  await platform.buildLogs.append(build.id, 'ber\nthree');
  expect((await source.has(2))[1]).toEqual({ id: '14', event: 'log', data: { text: 'two über\n' } });
  const again = await EventSource.open(platform, path, olga, '4');
  expect((await again.has(1))[0]).toEqual({ id: '14', event: 'log', data: { text: 'two über\n' } });
  await vi.waitFor(() => expect(platform.follows).toHaveLength(2));
  for (const { over } of platform.follows) over.resolve();
  expect((await source.has(4)).slice(2)).toEqual([
    { id: '19', event: 'log', data: { text: 'three' } },
    { id: '19', event: 'end', data: { text: '' } },
  ]);
  expect(await source.ended).toBe(true);
});

test('log lines as events, from the last that was seen', async () => {
  const { platform, olga } = await shop();
  const line = (at: number, text: string) => ({ at, release: 4, source: 'web.1', text });
  platform.workloads.lines = [line(1, 'a'), line(2, 'b'), line(2, 'c'), line(3, 'd')];
  const path = '/v1/apps/shop/logs?follow=true&tail=3';
  const source = await EventSource.open(platform, path, olga);
  const events = await source.has(3);
  expect(events.map(({ id, data }) => [id, data['text']])).toEqual([
    ['2-1', 'b'],
    ['2-2', 'c'],
    ['3-1', 'd'],
  ]);
  const again = await EventSource.open(platform, path, olga, '2-1');
  expect((await again.has(2)).map(({ data }) => data['text'])).toEqual(['c', 'd']);
  await platform.endStreams();
  expect(await again.ended).toBe(true);
});

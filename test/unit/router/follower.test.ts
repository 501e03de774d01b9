import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Route, Traffic } from '../../../engines/port.ts';
import { Follower } from '../../../router/follow/follower.ts';
import { Followed } from '../../../router/follow/generation.ts';
import type { ServerLink } from '../../../router/follow/server-link.ts';
import { ToldRoutes } from '../../../router/follow/told-routes.ts';
import { eventually } from '../../support/eventually.ts';

const service = { namespace: 'n', name: 'web-v1' };
const shop: Route = {
  appId: 'shop',
  appName: 'shop',
  hosts: ['shop.localhost'],
  releases: [{ releaseId: 'v1', weight: 10_000, backends: [{ host: '10.0.0.1', port: 80 }], service }],
  maintenance: false,
};

const nobody = {
  follow: () => Promise.reject(new Error('no server')),
  close: () => undefined,
} as unknown as ServerLink;

test('a route that the router could not make so is tried again while no server is there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sl-'));
  const asked: (string | undefined)[] = [];
  const traffic = {
    apply: async ({ releases }: Route) => {
      asked.push(releases[0]?.backends[0]?.host);
      if (asked.length === 1) throw new Error('HAProxy is away');
    },
  } as unknown as Traffic;
  const moved = [{ host: '10.0.0.2', port: 80, ready: true, terminating: false }];
  const follower = new Follower({
    link: nobody,
    traffic,
    told: new ToldRoutes({ of: () => moved }, [shop]),
    followed: await Followed.open(join(folder, 'followed.json')),
    origin: 'o',
    routes: [shop],
    known: () => undefined,
    log: () => undefined,
  });
  try {
    follower.start();
    follower.changed(service);
    await eventually('it is asked again', () => asked.length === 2, 10_000);
    follower.changed(service);
    expect(asked).toEqual(['10.0.0.2', '10.0.0.2']);
  } finally {
    await follower.close();
    await rm(folder, { recursive: true });
  }
});

/** A server that has said only these lines. */
function serverSaying(...events: object[]): ServerLink {
  const stream = new PassThrough();
  for (const event of events) stream.write(`${JSON.stringify(event)}\n`);
  return {
    follow: async (signal: AbortSignal) => {
      signal.addEventListener('abort', () => stream.end());
      return stream;
    },
    report: async () => undefined,
    close: () => undefined,
  } as unknown as ServerLink;
}

const hello = { event: 'hello', session: 's', installationId: 'i', generation: 1 };
const part = { event: 'routes', revision: 1, complete: false, set: [], removed: [] };

test.each([
  ['the whole table has come', [hello, { ...part, complete: true }], 60_000, true],
  ['a server could not tell of every app for long', [hello, { ...part, set: [shop] }], 50, true],
  ['a server told of none for long, though not at its next start', [hello, part], 50, false],
])('a router is informed once %s', async (_name, events, informedAfter, kept) => {
  const folder = await mkdtemp(join(tmpdir(), 'sl-'));
  const made = Promise.withResolvers<undefined>();
  const traffic = {
    sync: () => made.promise,
    apply: () => made.promise,
    counts: async () => ({ fresh: true, releases: [] }),
  } as unknown as Traffic;
  const follower = new Follower({
    link: serverSaying(...events),
    traffic,
    told: new ToldRoutes({ of: () => undefined }, []),
    followed: await Followed.open(join(folder, 'followed.json')),
    origin: 'o',
    routes: [],
    known: () => undefined,
    informedAfter,
    log: () => undefined,
  });
  try {
    follower.start();
    expect(follower.isInformed).toBe(false);
    made.resolve(undefined);
    await eventually('it is', () => follower.isInformed, 10_000);
    const isKept = async (): Promise<boolean> =>
      (await Followed.open(join(folder, 'followed.json'))).isInformed;
    if (kept) await eventually('it is kept', isKept, 10_000);
    else expect(await isKept()).toBe(false);
  } finally {
    await follower.close();
    await rm(folder, { recursive: true });
  }
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppRow } from '../../../server/store/apps.ts';
import type { BuildRow } from '../../../server/store/builds.ts';
import { verdictOf } from '../../../server/verdict.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  await server.remove();
});

async function pushed(name: string): Promise<{ app: AppRow; build: BuildRow }> {
  const app = await server.app(name);
  return { app, build: await server.push(app, await server.commit(app, { Dockerfile: 'FROM busybox:1\n' })) };
}

async function builds({ build }: { build: BuildRow }): Promise<void> {
  await server.claim(build);
  await server.post(`/internal/builds/${build.id}/attempts/${build.attempt}/stage`, { stage: 'build' });
}

function behind({ app, build }: { app: AppRow; build: BuildRow }): string | undefined {
  const { store } = server.context;
  return verdictOf(store, app, store.builds.require(build.id), 'live', '').behind;
}

test('a queued build says what the builder works on, and names no build of another app', async () => {
  const [one, two, three] = [await pushed('one'), await pushed('two'), await pushed('three')];
  expect(behind(three)).toBeUndefined();
  await builds(one);
  expect(behind(three)).toBe("another app's build");
  await builds(two);
  expect(behind(three)).toBe('2 builds of other apps');
  await builds(three);
  expect(behind(three)).toBeUndefined();
});

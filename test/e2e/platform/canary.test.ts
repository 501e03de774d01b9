import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Version, canaryApp, QUICK } from '../../support/canary-app.ts';
import { eventually } from '../../support/eventually.ts';
import { openLoop } from '../../support/open-loop.ts';
import { Platform } from '../../support/platform.ts';
import { problemsOf, watchWeights } from '../../support/weights.ts';

/** Requests a second of the users in these tests. */
const RATE = 80;

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(async () => {
  await platform?.stop();
});

interface TestApp {
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly push: (version: Version, options?: readonly string[]) => ReturnType<Platform['git']>;
  readonly page: () => Promise<string>;
  readonly users: () => ReturnType<typeof openLoop>;
}

/** An app whose first version is live. */
async function app(name: string, canary = QUICK, more = ''): Promise<TestApp> {
  await platform.sluiceOk(['apps:create', name]);
  const path = await platform.repository(name, canaryApp({ page: 'one' }, canary, more));
  const first = await platform.git(path, ['push', 'platform', 'main']);
  expect(first.code, first.output).toBe(0);
  expect(first.output).not.toContain('Canary');
  const shown = JSON.parse(await platform.sluiceOk(['apps:info', '-a', name, '--json'])) as { id: string };
  return {
    name,
    id: shown.id,
    path,
    push: async (version, options = []) => {
      await platform.commit(path, canaryApp(version, canary, more));
      return platform.git(path, ['push', ...options, 'platform', 'main']);
    },
    page: async () => (await platform.get(`${name}.localhost`)).body,
    users: () => openLoop(platform.httpPort, `${name}.localhost:${platform.httpPort}`, RATE),
  };
}

test('a version that answers 500 to a third is taken back, and few users have seen it', async () => {
  const shop = await app('bad', QUICK.replace('[10, 50]', '[5, 50]'));
  const stop = shop.users();
  const stopWatching = watchWeights(platform, shop.id);
  const push = await shop.push({ page: 'two', failsOneIn: 3 });
  const report = await stop();
  const seen = await stopWatching();
  expect(push.code, push.output).not.toBe(0);
  expect(push.output).toMatch(
    /v2 is taken back from 5 % of requests: \d+ of \d+ requests \(\d+ %\) failed on v2, none of \d+ on v1/,
  );
  expect(push.output).toContain('canary_worse');
  expect(push.output).toMatch(/Live now: v1/);
  expect(await shop.page()).toBe('one v1');
  // 5 % of the traffic for some seconds, a third of it failed: nobody else was hurt.
  const users = Object.entries(report.byBody);
  const canary = users.filter(([body]) => !body.startsWith('one')).reduce((sum, [, count]) => sum + count, 0);
  console.log(`sent ${report.sent}, of them ${canary} to the canary, ${report.failed.length} failed`);
  expect(report.failed.length).toBeGreaterThan(0);
  expect(report.failed.every((one) => one.startsWith('500 sorry'))).toBe(true);
  expect(canary / report.sent).toBeLessThan(0.06);
  expect(problemsOf(seen)).toEqual([]);
  expect(seen.some((weights) => Object.values(weights).includes(500))).toBe(true);
});

test('an equal version walks the steps under traffic and goes live, and no request fails', async () => {
  const shop = await app('equal', QUICK, 'scale: {web: 3}\n');
  const stop = shop.users();
  const stopWatching = watchWeights(platform, shop.id);
  const push = await shop.push({ page: 'two' });
  const report = await stop();
  const seen = await stopWatching();
  expect(push.code, push.output).toBe(0);
  expect(push.output).toMatch(/step 1 of 2.*10 %/);
  expect(push.output).toMatch(/step 2 of 2.*50 %/);
  expect(push.output).toContain('would have been seen');
  expect(push.output).toMatch(/=====> v2 is live/);
  expect(push.output).toContain('sluice rollback');
  expect(report.failed).toEqual([]);
  expect(report.answered).toBe(report.sent);
  expect(problemsOf(seen)).toEqual([]);
  const canary = seen.map((weights) => Object.values(weights).toSorted((a, b) => a - b)[0]);
  expect(canary).toEqual([10_000, 1_000, 5_000, 10_000]);
  expect(await shop.page()).toBe('two v2');
});

test('without traffic it goes live on probes alone, and says so', async () => {
  const shop = await app('quiet');
  const push = await shop.push({ page: 'two' });
  expect(push.code, push.output).toBe(0);
  expect(push.output).toMatch(/0 real requests, \d+ probes: weak evidence/);
  expect(await shop.page()).toBe('two v2');
  expect(push.output).not.toContain('step 2 of 2');
});

test('on_no_data: rollback takes it back without traffic; hold waits for a person', async () => {
  const back = await app('norisk', QUICK.replace('keep: 0s', 'on_no_data: rollback'));
  const push = await back.push({ page: 'two' });
  expect(push.code, push.output).not.toBe(0);
  expect(push.output).toContain('little_traffic');
  expect(await back.page()).toBe('one v1');

  const hold = await app('careful', QUICK.replace('keep: 0s', 'on_no_data: hold'));
  const held = hold.push({ page: 'two' });
  await eventually('it is held', async () =>
    (await platform.sluiceOk(['rollouts:show', '-a', 'careful'])).includes('weak evidence'),
  );
  await platform.sluiceOk(['rollouts:promote', '-a', 'careful']);
  const { code, output } = await held;
  expect(code, output).toBe(0);
  expect(output).toContain('held:');
  expect(await hold.page()).toBe('two v2');
});

test('a slow version is taken back for its latency', async () => {
  const shop = await app('slow', QUICK.replace('bake: 3s', 'bake: 6s').replace('ratio: 50', 'ratio: 2'));
  const stop = shop.users();
  const push = await shop.push({ page: 'two', waits: 3_000 });
  const report = await stop();
  expect(push.code, push.output).not.toBe(0);
  expect(push.output).toContain('canary_slow');
  expect(report.failed).toEqual([]);
});

test('while the router tells no numbers it is held, and goes on when they are back', async () => {
  const shop = await app('silent', QUICK.replace('bake: 3s', 'bake: 6s'));
  const pushed = shop.push({ page: 'two' });
  await eventually('the canary is watched', async () => {
    const shown = await rollout('silent');
    return shown.state === 'canary' && shown.evidence !== undefined;
  });
  await stopRouterUntil('silent', 'tells no numbers', ['canary']);
  const { code, output } = await pushed;
  expect(code, output).toBe(0);
  expect(output).toContain('tells no numbers');
});

test('a router that takes no change keeps a release waiting, and whoever follows it is told', async () => {
  const shop = await app('stuck');
  const pushed = shop.push({ page: 'two' });
  await eventually('its build has begun', async () => {
    const builds = await platform.sluiceOk(['builds', '-a', 'stuck', '--json']);
    return (JSON.parse(builds) as unknown[]).length === 2;
  });
  const line = 'the router takes no change; requests go where they went until it does';
  // Which of the two depends on when its replica became ready.
  await stopRouterUntil('stuck', line, ['starting', 'canary']);
  const { code, output } = await pushed;
  expect(code, output).toBe(0);
  expect(output).toContain(line);
  expect(await shop.page()).toBe('two v2');
});

/**
 * Nothing of the router answers until the story of an app's rollout has a line.
 * @param states of which the rollout must then be in one
 */
async function stopRouterUntil(name: string, line: string, states: readonly string[]): Promise<void> {
  const router = platform.pid('router') as number;
  process.kill(router, 'SIGSTOP');
  try {
    await eventually(
      `it says: ${line}`,
      async () => (await platform.sluiceOk(['rollouts:show', '-a', name])).includes(line),
      120_000,
    );
    expect(states).toContain((await rollout(name)).state);
  } finally {
    process.kill(router, 'SIGCONT');
  }
}

async function rollout(name: string): Promise<{ state: string; evidence?: unknown }> {
  const shown = await platform.sluiceOk(['rollouts:show', '-a', name, '--json']);
  return JSON.parse(shown) as { state: string; evidence?: unknown };
}

import { afterAll, beforeAll, expect, test } from 'vitest';
import { canaryApp, type Version } from '../../support/canary-app.ts';
import { eventually } from '../../support/eventually.ts';
import { openLoop } from '../../support/open-loop.ts';
import { Platform } from '../../support/platform.ts';
import { problemsOf, watchWeights, type Weights, weightsOf } from '../../support/weights.ts';

/** A canary that does not end by itself while a test looks. */
const LONG =
  'canary: {steps: [20, 60], bake: 120s, min_requests: 20, max_wait: 10m, max_latency_ratio: 50, keep: 5m}';

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(async () => {
  await platform?.stop();
});

interface UnderWay {
  readonly name: string;
  readonly path: string;
  /** The push of the canary; it ends with the rollout. */
  readonly pushed: Promise<{ readonly code: number; readonly output: string }>;
  /** Every split that was seen, once users and looks have ended; none was wrong and no request failed. */
  readonly end: () => Promise<Weights[]>;
  readonly shares: () => Promise<Record<string, number>>;
}

/** An app with users, `v1` live, `v2` in its first step. */
async function underWay(name: string): Promise<UnderWay> {
  await platform.sluiceOk(['apps:create', name]);
  const path = await platform.repository(name, canaryApp({ page: 'one' }, LONG));
  const first = await platform.git(path, ['push', 'platform', 'main']);
  expect(first.code, first.output).toBe(0);
  const { id } = JSON.parse(await platform.sluiceOk(['apps:info', '-a', name, '--json'])) as { id: string };
  const stop = openLoop(platform.httpPort, `${name}.localhost:${platform.httpPort}`, 40);
  const stopWatching = watchWeights(platform, id);
  const pushed = push(path, { page: 'two' });
  const shares = async (): Promise<Record<string, number>> => {
    const numbers = await releases(name);
    return Object.fromEntries(
      Object.entries(await weightsOf(platform, id)).map(([release, share]) => [
        numbers[release] ?? '?',
        share,
      ]),
    );
  };
  await becomes(shares, { v1: 8_000, v2: 2_000 });
  return {
    name,
    path,
    pushed,
    shares,
    end: async () => {
      const report = await stop();
      const seen = await stopWatching();
      expect(report.failed).toEqual([]);
      expect(problemsOf(seen)).toEqual([]);
      return seen;
    },
  };
}

async function push(path: string, version: Version, options: readonly string[] = []) {
  await platform.commit(path, canaryApp(version, LONG));
  return platform.git(path, ['push', ...options, 'platform', 'main']);
}

/** Release ids and their `v` names. */
async function releases(name: string): Promise<Record<string, string>> {
  const list = JSON.parse(await platform.sluiceOk(['releases', '-a', name, '--json'])) as {
    id: string;
    number: number;
  }[];
  return Object.fromEntries(list.map(({ id, number }) => [id, `v${number}`]));
}

async function becomes(shares: UnderWay['shares'], wanted: Record<string, number>): Promise<void> {
  await eventually(
    JSON.stringify(wanted),
    async () => {
      expect(await shares()).toEqual(wanted);
      return true;
    },
    120_000,
  );
}

test('a newer push takes over: the canary goes to 0, its pusher is told by what, the new one meets the same stable', async () => {
  const shop = await underWay('newer');
  const newer = push(shop.path, { page: 'three' });
  const { code, output } = await shop.pushed;
  expect(code, output).not.toBe(0);
  expect(output).toMatch(/v3/);
  expect(output).toContain('superseded');
  await becomes(shop.shares, { v1: 8_000, v3: 2_000 });
  await platform.sluiceOk(['rollouts:promote', '-a', 'newer']);
  expect((await newer).code).toBe(0);
  await becomes(shop.shares, { v3: 10_000 });
  await shop.end();
});

test('a config change during a canary takes it over with its image, and walks the steps itself', async () => {
  const shop = await underWay('config');
  await platform.sluiceOk(['config:set', 'GREETING=hello', '-a', 'config', '--detach']);
  await becomes(shop.shares, { v1: 8_000, v3: 2_000 });
  await platform.sluiceOk(['rollouts:promote', '-a', 'config']);
  await becomes(shop.shares, { v3: 10_000 });
  // It has the commit, so that is what its pusher waits for.
  const { code, output } = await shop.pushed;
  expect(output).toContain('alice changed the config (Set GREETING): v3 goes on with this commit');
  expect(output).toContain('v3 is live');
  expect(code, output).toBe(0);
  expect((await platform.get('config.localhost')).body).toBe('two v3');
  await shop.end();
});

test('pause keeps it where it is, abort takes it back; a rollback during a canary takes it back, too', async () => {
  const shop = await underWay('hands');
  await platform.sluiceOk(['rollouts:pause', '-a', 'hands']);
  expect(await platform.sluiceOk(['rollouts:show', '-a', 'hands'])).toContain('paused');
  expect((await platform.sluice(['rollouts:pause', '-a', 'hands'])).code).toBe(1);
  expect(await shop.shares()).toEqual({ v1: 8_000, v2: 2_000 });
  await platform.sluiceOk(['rollouts:abort', '-a', 'hands']);
  const aborted = await shop.pushed;
  expect(aborted.code, aborted.output).not.toBe(0);
  expect(aborted.output).toContain('alice aborted');
  await becomes(shop.shares, { v1: 10_000 });

  // v3 is live and keeps v1 warm; then v4 is a canary, and going back to v1 takes both away.
  expect((await push(shop.path, { page: 'three' }, ['-o', 'now'])).code).toBe(0);
  const fourth = push(shop.path, { page: 'four' });
  await becomes(shop.shares, { v3: 8_000, v4: 2_000 });
  await platform.sluiceOk(['rollback', 'v1', '-a', 'hands']);
  expect((await fourth).output).toContain('superseded');
  await becomes(shop.shares, { v5: 10_000 });
  expect((await platform.get('hands.localhost')).body).toBe('one v5');
  const seen = await shop.end();
  // While the rollback's own replicas started, the warm release answered.
  const numbers = await releases('hands');
  const story = seen.map((weights) =>
    Object.keys(weights)
      .map((id) => numbers[id])
      .join('+'),
  );
  expect(story.slice(-2)).toEqual(['v1', 'v5']);
});

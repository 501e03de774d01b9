import { expect, test } from 'vitest';
import { reason } from '../../../core/reason.ts';
import { METRICS_TOKEN, type Platform, startPlatform } from './support/platform.ts';
import { makeBuild, makeRelease } from './support/rows.ts';

async function numbers(platform: Platform): Promise<Map<string, number>> {
  const { text } = await platform.root.get('/metrics').expect(200);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

test('builds by result, rollouts by verdict, and what is open, also after many', async () => {
  const platform = await startPlatform();
  const { store } = platform;
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  expect((await numbers(platform)).get('sluice_builds_total{result="failed"}')).toBe(0);
  for (let n = 0; n < 3; n++) {
    const build = makeBuild(store, app, { person: olga });
    store.builds.move(build.id, 'test');
    if (n > 0) store.builds.move(build.id, 'fail', { reason: reason('test_failed', 'the tests failed') });
  }
  makeRelease(store, app, { person: olga, live: true });
  makeRelease(store, app, { person: olga });
  const seen = await numbers(platform);
  expect(Object.fromEntries(seen)).toMatchObject({
    'sluice_builds_total{result="failed"}': 2,
    'sluice_builds_total{result="succeeded"}': 0,
    'sluice_build_duration_seconds_count{result="failed"}': 2,
    'sluice_builds_open{state="queued"}': 0,
    'sluice_builds_open{state="running"}': 1,
    'sluice_rollouts_total{verdict="live"}': 1,
    'sluice_rollouts_open{state="going"}': 1,
    sluice_apps: 1,
    'sluice_info{version="1.2.3"}': 1,
  });
  expect(seen.get('sluice_journal_write_seconds_count')).toBeGreaterThan(5);
  expect([...seen.keys()].some((name) => name.startsWith('nodejs_eventloop_lag_p99_seconds'))).toBe(true);
  // Each is counted once.
  expect((await numbers(platform)).get('sluice_builds_total{result="failed"}')).toBe(2);
});

test('requests by route and status: labels are names of ours, whatever is asked', async () => {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  platform.app('shop', olga);
  const client = platform.as(olga);
  await client.get('/v1/apps/shop').expect(200);
  await client.get('/v1/apps/shop').expect(200);
  await client.get('/v1/apps/secret-name').expect(404);
  await client.get('/v1/made-up-by-a-client').expect(404);
  const seen = await numbers(platform);
  expect(Object.fromEntries(seen)).toMatchObject({
    'sluice_http_requests_total{route="getApp",status="200"}': 2,
    'sluice_http_requests_total{route="getApp",status="404"}': 1,
    'sluice_http_requests_total{route="none",status="404"}': 1,
    sluice_http_request_duration_seconds_count: 4,
  });
  expect([...seen.keys()].join('\n')).not.toMatch(/shop|secret-name|made-up/);
});

test('for admins and for who carries the token of the metrics, which opens nothing else', async () => {
  const platform = await startPlatform();
  const [olga, ada] = [platform.person('olga'), platform.person('ada', { admin: true })];
  const { headers } = await platform.tcp(METRICS_TOKEN).get('/metrics').expect(200);
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  await platform.tcp(METRICS_TOKEN).get('/v1/me').expect(401);
  await platform.tcp(platform.token(ada)).get('/metrics').expect(200);
  await platform.tcp().get('/metrics').expect(401);
  await platform.tcp(`${METRICS_TOKEN}x`).get('/metrics').expect(401);
  const { body } = await platform.tcp(platform.token(olga)).get('/metrics').expect(403);
  expect(body.reason.code).toBe('admin_only');
});

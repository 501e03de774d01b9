import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl } from '../../support/cluster.ts';
import { startOnCluster } from '../../support/cluster-platform.ts';
import type { Platform } from '../../support/platform.ts';
import { tinyApp } from '../../support/tiny-app.ts';

const namespace = `sluice-test-builds-${randomBytes(4).toString('hex')}`;
let platform: Platform;
beforeAll(async () => {
  await kubectl(['create', 'namespace', namespace]);
  await kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=privileged']);
  platform = await startOnCluster({}, namespace);
});
afterAll(async () => {
  await platform?.stop();
  await kubectl(['delete', 'namespace', namespace, '--wait=false']);
});

async function app(name: string, files: string | Record<string, string>): Promise<string> {
  await platform.sluiceOk(['apps:create', name]);
  return platform.repository(name, files);
}

test('a push runs its tests and its build as a Job, and goes live through the router', async () => {
  const path = await app('shop', tinyApp('one'));
  const push = await platform.git(path, ['push', 'platform', 'main']);
  expect(push.output).toContain('-----> Build 1 of shop');
  expect(push.code, push.output).toBe(0);
  expect(await platform.get('shop.localhost')).toMatchObject({ status: 200, body: 'one\n' });
  const jobs = await kubectl(['get', 'jobs', '--namespace', namespace, '--output', 'name']);
  expect(jobs.trim().split('\n')).toHaveLength(1);
});

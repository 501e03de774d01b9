import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { kubectl } from '../../support/cluster.ts';
import { startOnCluster } from '../../support/cluster-platform.ts';
import { eventually } from '../../support/eventually.ts';
import type { Platform } from '../../support/platform.ts';
import { tinyApp } from '../../support/tiny-app.ts';

const namespace = `sluice-test-builds-${randomBytes(4).toString('hex')}`;
const here = ['--namespace', namespace];
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

/** As `tinyApp`, with tests that take so many seconds. */
function slow(page: string, seconds: number, checks = 'good\n'): Record<string, string> {
  const app = tinyApp(page, { checks });
  const Dockerfile = (app['Dockerfile'] as string).replace('RUN cat', `RUN sleep ${seconds} && cat`);
  return { ...app, Dockerfile };
}

async function push(app: string, files: Record<string, string>) {
  await platform.sluiceOk(['apps:create', app]);
  const path = await platform.repository(app, files);
  return platform.git(path, ['push', 'platform', 'main']);
}

/** Numbers of the attempts of an app's builds. */
async function attemptsOf(app: string): Promise<string[]> {
  const path = `{range .items[?(@.metadata.annotations.sluice\\.dev/app-name=="${app}")]}{.metadata.labels.sluice\\.dev/attempt} {end}`;
  const found = await kubectl(['get', 'jobs', ...here, '--output', `jsonpath=${path}`]);
  return found.trim().split(' ').filter(Boolean).toSorted();
}

/** Drains the node on which an attempt runs, of everything of that attempt. */
async function drain(app: string, attempt: number): Promise<void> {
  const selector = `sluice.dev/attempt=${attempt},sluice.dev/kind=build`;
  const path = `{.items[?(@.metadata.annotations.sluice\\.dev/app-name=="${app}")]`;
  const ask = async (what: string): Promise<string> =>
    kubectl(['get', 'pods', ...here, '-l', selector, '--output', `jsonpath=${path}${what}}`]);
  const state = '.status.initContainerStatuses[?(@.name=="test")].state';
  await eventually('its tests run', async () => (await ask(state)).includes('running'), 60_000);
  const node = await ask('.spec.nodeName');
  const build = await ask('.metadata.labels.sluice\\.dev/build');
  onTestFinished(() => kubectl(['uncordon', node]).then(() => undefined));
  const only = `--pod-selector=sluice.dev/build=${build}`;
  await kubectl(['drain', node, only, '--ignore-daemonsets', '--delete-emptydir-data', '--force']);
  await kubectl(['uncordon', node]);
}

test('a build whose node is drained goes live by its second attempt', async () => {
  const pushing = push('drained', slow('drained', 20));
  await drain('drained', 1);
  const { code, output } = await pushing;
  expect(code, output).toBe(0);
  expect(output).toContain('is live');
  expect((await platform.get('drained.localhost')).body).toBe('drained\n');
  expect(await attemptsOf('drained')).toContain('2');
});

test('a build that loses two nodes ends, with what took it', async () => {
  const pushing = push('twice', slow('twice', 20));
  await drain('twice', 1);
  await drain('twice', 2);
  const { code, output } = await pushing;
  expect(code, output).not.toBe(0);
  expect(output).toContain('build_node_lost');
  expect(await attemptsOf('twice')).not.toContain('3');
});

test('a build whose tests fail has no second attempt', async () => {
  const { code, output } = await push('failing', slow('failing', 0, 'bad\n'));
  expect(code, output).not.toBe(0);
  expect(output).toContain('test_failed');
  expect(await attemptsOf('failing')).toEqual(['1']);
});

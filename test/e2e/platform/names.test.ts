import { afterAll, beforeAll, expect, test } from 'vitest';
import { canaryApp } from '../../support/canary-app.ts';
import { must } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';
import { openLoop } from '../../support/open-loop.ts';
import { Platform } from '../../support/platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(async () => {
  await platform?.stop();
});

async function answers(host: string, status: number, body: string): Promise<void> {
  await eventually(`${host} answers ${status}`, async () => {
    const answer = await platform.get(`${host}.localhost`);
    return answer.status === status && answer.body.includes(body);
  });
}

async function deploy(name: string, page: string): Promise<string> {
  await platform.sluiceOk(['apps:create', name]);
  const path = await platform.repository(name, canaryApp({ page }));
  const { code, output } = await platform.git(path, ['push', '-o', 'now', 'platform', 'main']);
  expect(code, output).toBe(0);
  return path;
}

test('a renamed app loses no request, and answers to its old name until another app takes it', async () => {
  const path = await deploy('before', 'one');
  const stop = openLoop(platform.httpPort, `before.localhost:${platform.httpPort}`, 40);
  await platform.sluiceOk(['apps:rename', 'after', '-a', 'before']);
  await answers('after', 200, 'one');
  await answers('before', 200, 'one');

  // Whoever still has the old remote pushes to the same app.
  await platform.commit(path, canaryApp({ page: 'two' }));
  const { code, output } = await platform.git(path, ['push', '-o', 'now', 'platform', 'main']);
  expect(code, output).toBe(0);
  await answers('after', 200, 'two');
  await answers('before', 200, 'two');
  expect((await stop()).failed).toEqual([]);

  // From now on the name is another app's: its host, its git, and nothing of the first one's.
  const other = await deploy('before', 'other');
  await answers('before', 200, 'other');
  await answers('after', 200, 'two');
  const head = await must('git', ['rev-parse', 'HEAD'], { cwd: other });
  const remote = await platform.git(path, ['ls-remote', 'platform', 'main']);
  expect(remote.stdout).toContain(head.trim());

  // The one that has it again by its own name is not to be had by a third.
  const taken = await platform.sluice(['apps:rename', 'after', '-a', 'before']);
  expect(taken.code, taken.output).toBe(1);
  expect(taken.stderr).toContain('after');
  await answers('after', 200, 'two');
});

test('an app in maintenance answers 503 with a page, takes pushes, and comes back as the newest release', async () => {
  const path = await deploy('closed', 'one');
  await platform.sluiceOk(['maintenance:on', '-a', 'closed']);
  await answers('closed', 503, 'maintenance');
  // A canary would wait for requests that do not come.
  await platform.commit(path, canaryApp({ page: 'two' }));
  const { code, output } = await platform.git(path, ['push', '-o', 'now', 'platform', 'main']);
  expect(code, output).toBe(0);
  await answers('closed', 503, 'maintenance');

  // The router that comes back knows it too.
  await platform.kill('router');
  await platform.startPart('router');
  await answers('closed', 503, 'maintenance');
  await platform.sluiceOk(['maintenance:off', '-a', 'closed']);
  await answers('closed', 200, 'two');
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';
import type { Part } from '../../support/parts.ts';
import { Platform } from '../../support/platform.ts';
import { slowApp, tinyApp } from '../../support/tiny-app.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(async () => {
  await platform?.stop();
});

async function waitForOutput(app: string, text: string): Promise<void> {
  await eventually(`${text} is in the log`, async () =>
    (await platform.sluice(['builds:log', '1', '-a', app])).stdout.includes(text),
  );
}

describe('killed during the tests of a push and started again', () => {
  test.each<Part>(['server', 'builder', 'router', 'redis'])(
    'the %s: the push ends right, once, with its whole log',
    async (part) => {
      const app = `kill-${part}`;
      await platform.sluiceOk(['apps:create', app]);
      const path = await platform.repository(app, slowApp(app));
      const push = platform.git(path, ['push', 'platform', 'main']);
      await waitForOutput(app, 'waiting 2');
      await platform.restart(part);
      const ended = await push;
      expect(ended.output).toContain('is live');
      expect(ended.output).toContain('waiting 6');
      expect(ended.code, ended.output).toBe(0);
      expect((await platform.get(`${app}.localhost`)).body).toBe(`${app}\n`);
      const builds = await platform.sluiceOk(['builds', '-a', app, '--json']);
      expect(builds.match(/"number":/g)).toHaveLength(1);
    },
  );

  test('the SSH front: the pusher sees 128, and the same push finds the build', async () => {
    await platform.sluiceOk(['apps:create', 'kill-git']);
    const path = await platform.repository('kill-git', slowApp('front'));
    const push = platform.git(path, ['push', 'platform', 'main']);
    await waitForOutput('kill-git', 'waiting 2');
    await platform.restart('git');
    const cut = await push;
    expect(cut.code, cut.output).toBe(128);
    const again = await eventually('the front is back', async () => {
      const ran = await platform.git(path, ['push', 'platform', 'main']);
      return !/Connection refused|closed by|reset by/.test(ran.output) && ran;
    });
    expect(again.code, again.output).toBe(0);
    expect((await platform.get('kill-git.localhost')).body).toBe('front\n');
    const builds = await platform.sluiceOk(['builds', '-a', 'kill-git', '--json']);
    expect(builds.match(/"number":/g)).toHaveLength(1);
  });
});

test('Redis emptied while a build waits: it is queued again and ends', async () => {
  await platform.sluiceOk(['apps:create', 'wiped']);
  const path = await platform.repository('wiped', tinyApp('wiped'));
  await platform.kill('builder');
  const push = platform.git(path, ['push', 'platform', 'main']);
  await waitForOutput('wiped', 'Build 1 of wiped');
  await must('redis-cli', ['-s', platform.paths.redisSocket, 'FLUSHALL']);
  await platform.startPart('builder');
  const ended = await push;
  expect(ended.output).toContain('is live');
  expect(ended.code, ended.output).toBe(0);
});

test('HAProxy killed: apps answer again at once, without the server', async () => {
  await platform.sluiceOk(['apps:create', 'routed']);
  const path = await platform.repository('routed', tinyApp('routed'));
  await platform.gitOk(path, ['push', 'platform', 'main']);
  await platform.kill('server');
  process.kill(await platform.haproxyPid(), 'SIGKILL');
  await eventually(
    'the app answers',
    async () => (await platform.get('routed.localhost')).body === 'routed\n',
  );
  await platform.startPart('server');
  await platform.ready();
});

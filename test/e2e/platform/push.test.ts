import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { openLoop } from '../../support/open-loop.ts';
import { Platform } from '../../support/platform.ts';
import { slowApp, tinyApp } from '../../support/tiny-app.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(async () => {
  await platform?.stop();
});

async function app(name: string, files = tinyApp('one')): Promise<string> {
  await platform.sluiceOk(['apps:create', name]);
  return platform.repository(name, files);
}

async function remoteMain(path: string): Promise<string> {
  return (await platform.git(path, ['ls-remote', 'platform', 'refs/heads/main'])).stdout.split('\t')[0] ?? '';
}

test('a push runs the tests, builds the image, goes live, and moves the branch', async () => {
  const path = await app('shop');
  const push = await platform.git(path, ['push', 'platform', 'main']);
  expect(push.output).toContain('-----> Build 1 of shop');
  expect(push.output).toMatch(/=====> .*v1/);
  expect(push.output).toContain(`http://shop.localhost:${platform.httpPort}`);
  expect(push.code, push.output).toBe(0);
  expect(await platform.get('shop.localhost')).toMatchObject({ status: 200, body: 'one\n' });
  const head = (await platform.git(path, ['rev-parse', 'HEAD'])).stdout.trim();
  expect(await remoteMain(path)).toBe(head);
  await platform.gitOk(path, ['status', '-sb']);
  const again = await platform.git(path, ['push', 'platform', 'main']);
  expect(again.output).toContain('Everything up-to-date');
});

test('a push whose tests fail changes nothing, shows the failing lines, and runs again when repeated', async () => {
  const path = await app('fails');
  await platform.gitOk(path, ['push', 'platform', 'main']);
  const before = await remoteMain(path);
  await platform.commit(path, { checks: 'the cart lost an item\n', 'www/index.html': 'two\n' });
  for (const number of [2, 3]) {
    const push = await platform.git(path, ['push', 'platform', 'main']);
    expect(push.code, push.output).not.toBe(0);
    expect(push.output).toContain(`-----> Build ${number} of fails`);
    expect(push.output).toContain('the cart lost an item');
    expect(push.output).toContain('remote rejected');
    expect(await remoteMain(path)).toBe(before);
    expect((await platform.get('fails.localhost')).body).toBe('one\n');
  }
});

test('a deploy of hello-node loses no request of an open-loop client at 200 a second', async () => {
  await platform.sluiceOk(['apps:create', 'busy']);
  const path = await platform.repository('busy', 'hello-node');
  const page = 'src/app.js';
  const first = await readFile(join(path, page), 'utf8');
  const tests = await readFile(join(path, 'test/app.test.js'), 'utf8');
  const push = async (): Promise<void> => {
    // What a canary does under load has tests of its own: here all traffic moves at once.
    const pushed = await platform.git(path, ['push', '-o', 'now', 'platform', 'main']);
    expect(pushed.output).toContain('is live');
    expect(pushed.code, pushed.output).toBe(0);
  };
  await push();
  const stop = openLoop(platform.httpPort, `busy.localhost:${platform.httpPort}`, 200);
  for (const greeting of ['Good morning', 'Good night']) {
    const changed = (text: string): string => text.replace('Hello, world!', greeting);
    await platform.commit(path, { [page]: changed(first), 'test/app.test.js': changed(tests) });
    await push();
    expect((await platform.get('busy.localhost')).body).toContain(greeting);
  }
  const report = await stop();
  console.log(
    `sent ${report.sent}, answered ${report.answered}, by release ${JSON.stringify(report.byBody)}`,
  );
  expect(report.failed).toEqual([]);
  expect(report.answered).toBe(report.sent);
  expect(Object.keys(report.byBody).toSorted()).toEqual([
    'Good morning This is v2.',
    'Good night This is v3.',
    'Hello, world! This is v1.',
  ]);

  // A failing test, in the same repository: nothing changes.
  const before = await remoteMain(path);
  await platform.commit(path, { [page]: first.replace('Hello, world!', 'Oops') });
  const failed = await platform.git(path, ['push', 'platform', 'main']);
  expect(failed.code, failed.output).not.toBe(0);
  expect(failed.output).toContain('Oops This is v7');
  expect(await remoteMain(path)).toBe(before);
  expect((await platform.get('busy.localhost')).body).toContain('Good night');
});

test('Ctrl-C during a build stops nothing: the same push attaches to it and ends with its verdict', async () => {
  const path = await app('patient', slowApp('slow', 15));
  const first = spawn('git', ['push', 'platform', 'main'], {
    cwd: path,
    env: platform.personEnv(),
    detached: true,
  });
  let seen = '';
  first.stderr.on('data', (chunk: Buffer) => (seen += chunk));
  await eventually('the build has begun', () => seen.includes('Build 1 of patient'));
  process.kill(-(first.pid as number), 'SIGINT');
  const push = await platform.git(path, ['push', 'platform', 'main']);
  expect(push.output).toMatch(/[Aa]ttached to build 1/);
  expect(push.output).toContain('-----> Build 1 of patient');
  expect(push.code, push.output).toBe(0);
  expect((await platform.get('patient.localhost')).body).toBe('slow\n');
  const builds = JSON.parse(await platform.sluiceOk(['builds', '-a', 'patient', '--json'])) as unknown[];
  expect(JSON.stringify(builds).match(/"number":/g)).toHaveLength(1);
});

test('a newer push supersedes one that still builds, whose pusher is told by which', async () => {
  // Its tests go on until something newer comes.
  const path = await app('eager', slowApp('slow', 120));
  const first = platform.git(path, ['push', 'platform', 'main']);
  await eventually('the first build runs', async () =>
    (await platform.sluice(['builds', '-a', 'eager'])).stdout.includes('testing'),
  );
  await platform.commit(path, {
    'www/index.html': 'fast\n',
    Dockerfile: tinyApp('x')['Dockerfile'] as string,
  });
  const second = await platform.git(path, ['push', 'platform', 'main']);
  expect(second.output).toContain('-----> Build 2 of eager');
  expect(second.code, second.output).toBe(0);
  const superseded = await first;
  expect(superseded.code, superseded.output).not.toBe(0);
  expect(superseded.output).toContain('build 2');
  expect((await platform.get('eager.localhost')).body).toBe('fast\n');
});

test('an app that listens elsewhere than on PORT is explained, and nothing changes', async () => {
  const path = await app('deaf');
  await platform.gitOk(path, ['push', 'platform', 'main']);
  const dockerfile = (tinyApp('x')['Dockerfile'] as string).replace('"-p", "8080"', '"-p", "3456"');
  await platform.commit(path, {
    Dockerfile: dockerfile,
    'sluice.yaml': 'canary: off\nweb: {health: {timeout: 15s}}\n',
  });
  const push = await platform.git(path, ['push', 'platform', 'main']);
  expect(push.code, push.output).not.toBe(0);
  expect(push.output).toContain('3456');
  expect(push.output).toContain('8080');
  expect((await platform.get('deaf.localhost')).body).toBe('one\n');
});

test('an app that crashes while it starts is explained by exit code and last lines', async () => {
  const dockerfile = 'FROM busybox:1\nCMD ["sh", "-c", "echo cannot reach the database >&2; exit 3"]\n';
  const path = await app('crashes', { Dockerfile: dockerfile });
  const push = await platform.git(path, ['push', 'platform', 'main']);
  expect(push.code, push.output).not.toBe(0);
  expect(push.output).toContain('cannot reach the database');
  expect(push.output).toMatch(/exit(ed)?( with)?( code)? 3/i);
  expect((await platform.get('crashes.localhost')).status).toBe(503);
});

test('an unknown host and an app without a release get pages that say what is wrong', async () => {
  await platform.sluiceOk(['apps:create', 'empty']);
  const unknown = await platform.get('nobody.localhost');
  expect(unknown.status).toBe(404);
  expect(unknown.body).toContain('nobody.localhost');
  const empty = await eventually('the route is there', async () => {
    const answer = await platform.get('empty.localhost');
    return answer.status === 503 && answer;
  });
  expect(empty.body).toContain('git push platform main');
});

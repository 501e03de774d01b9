import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import * as resources from '../../../core/contracts/resources.ts';
import { openLoop } from '../../support/open-loop.ts';
import { Platform } from '../../support/platform.ts';
import { tinyApp } from '../../support/tiny-app.ts';

/** The compiled command against a whole platform of real processes. */
let platform: Platform;
let path: string;
beforeAll(async () => {
  platform = await Platform.start();
  await platform.sluiceOk(['apps:create', 'hello']);
  path = await platform.repository('hello', tinyApp('one'));
  const push = await platform.git(path, ['push', 'platform', 'main']);
  expect(push.output).toContain('http://hello.localhost');
});
afterAll(() => platform?.stop());

const ok = (...argv: string[]) => platform.sluiceOk(argv, { cwd: path });

test('what every reading command shows keeps the contract', async () => {
  const shapes: [string, z.ZodType][] = [
    ['apps', z.array(resources.App).length(1)],
    ['apps:info', resources.App],
    ['builds', z.array(resources.Build).length(1)],
    ['builds:show 1', resources.Build],
    ['releases', z.array(resources.Release).length(1)],
    ['releases:info v1', resources.ReleaseDetail],
    ['rollouts', z.array(resources.Rollout).length(1)],
    ['rollouts:show', resources.RolloutDetail],
    ['ps', z.array(resources.Process).min(1)],
    ['domains', z.array(resources.Domain).length(1)],
    ['keys', z.array(resources.Key).length(1)],
    ['access', z.array(resources.Member)],
    ['status', resources.Status],
  ];
  for (const [argv, shape] of shapes) {
    const shown: unknown = JSON.parse(await ok(...argv.split(' '), '--json'));
    expect(shape.safeParse(shown).error, argv).toBeUndefined();
  }
  expect(await ok('builds:log')).toContain('Build 1');
});

test('config makes releases that go live, and rollback undoes them', async () => {
  expect(await ok('config:set', 'GREETING=hi', 'EMPTY=')).toMatch(
    /=====> v2 is live: http:\/\/hello\.localhost/,
  );
  expect(await ok('config:get', 'GREETING')).toBe('hi\n');
  expect(await ok('run', 'sh', '-c', 'echo $GREETING')).toBe('hi\n');
  expect(await ok('rollback')).toMatch(/=====> v3 is live: .*\n       Undo: sluice rollback v2\n$/);
  expect(await ok('run', 'sh', '-c', 'echo "${GREETING-unset}"')).toBe('unset\n');
  expect(await ok('rollback', 'v2')).toContain('=====> v4 is live');
  expect(await ok('run', 'sh', '-c', 'echo "${GREETING-unset}"')).toBe('hi\n');
});

test('a config change walks the canary steps and tells its story; what is on its way can be steered', async () => {
  const policy = 'canary: {steps: [50], bake: 8s, min_requests: 10, max_wait: 60s, keep: 0s}\n';
  await platform.sluiceOk(['apps:create', 'steps']);
  const steps = await platform.repository('steps', tinyApp('one', { 'sluice.yaml': policy }));
  await platform.gitOk(steps, ['push', 'platform', 'main']);
  const sluice = (...argv: string[]) => platform.sluice(argv, { cwd: steps });
  const shown = async (...argv: string[]) => {
    const { stdout } = await sluice('rollouts:show', ...argv, '--json');
    return resources.RolloutDetail.parse(JSON.parse(stdout));
  };

  const stop = openLoop(platform.httpPort, `steps.localhost:${platform.httpPort}`, 30);
  const set = await sluice('config:set', 'GREETING=hi');
  expect(set.stderr).toMatch(
    /-----> v2: Set GREETING\n-----> Release v2: starting 1 web\n-----> Canary step 1 of 1: 50 % of requests go to v2/,
  );
  expect(set.stderr).toMatch(/       passed: .*\n-----> Promoting v2/);
  expect(set.stdout).toMatch(/=====> v2 is live: http:.*\n       Undo: sluice rollback\n$/);
  const promoted = await shown();
  expect(promoted).toMatchObject({ release: 2, state: 'live', live: 2, weight: 100 });
  expect(promoted.undo).toBe('sluice rollback v1 -a steps');
  expect((await sluice('releases:info', 'v2')).stdout).toMatch(/^Verdict\tpassed: /m);

  // The next one waits for a person, and is then ended.
  expect((await sluice('config:set', 'GREETING=ho', '--detach')).code).toBe(0);
  expect((await sluice('rollouts:pause')).stdout).toMatch(/^=====> v3 is paused/);
  expect((await sluice('rollouts')).stdout).toMatch(/^v3\tpaused.*\tSet GREETING\talice\t/);
  const watched = sluice('rollouts:show', 'v3', '-f');
  expect((await sluice('rollouts:abort')).stdout).toContain('v2 stays live');
  const { code, stderr } = await watched;
  expect(code, stderr).toBe(1);
  expect(stderr).toContain(' !     v3 was cancelled\n !     alice aborted the rollout of v3\n');
  expect((await shown('v3')).events.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['paused', 'cancelled']),
  );
  expect((await sluice('rollouts:promote')).code).toBe(1);

  const back = await sluice('rollback', '--canary');
  expect(back.stderr).toContain('-----> Canary step 1 of 1: 50 % of requests go to v4');
  expect(back.stdout).toMatch(/=====> v4 is live: .*\n       Undo: sluice rollback v2\n$/);
  expect((await stop()).failed).toEqual([]);
  await platform.sluiceOk(['apps:destroy', 'steps', '--confirm', 'steps']);
});

test('run: exit codes, stdin by a pipe, stderr apart', async () => {
  const failed = await platform.sluice(['run', 'sh', '-c', 'echo out; echo err >&2; exit 7'], { cwd: path });
  expect(failed).toMatchObject({ code: 7, stdout: 'out\n', stderr: 'err\n' });
  const piped = await platform.sluice(['run', 'wc', '-c'], { cwd: path, input: 'x'.repeat(100_000) });
  expect(piped.stdout.trim()).toBe('100000');
});

test('scaling, restarting and logs', async () => {
  await ok('ps:scale', 'web=2');
  await ok('ps:restart');
  const processes = z.array(resources.Process).parse(JSON.parse(await ok('ps', '--json')));
  expect(processes.find(({ type }) => type === 'web')?.replicas).toBe(2);
  await ok('logs', '-n', '10');
});

test('domains, people and keys', async () => {
  await ok('domains:add', 'www.example.com');
  expect(await ok('domains')).toContain('www.example.com\tcustom');
  await ok('domains:remove', 'www.example.com');
  const bob = await platform.newKey('bob');
  await ok('keys:add', `${bob}.pub`, '--person', 'bob');
  const before = await platform.sluice(['apps:info', '-a', 'hello'], { person: 'bob' });
  expect(before.code, before.output).toBe(1);
  await ok('access:add', 'bob', 'viewer');
  expect((await platform.sluice(['apps:info', '-a', 'hello'], { person: 'bob' })).code).toBe(0);
  const refused = await platform.sluice(['config:set', 'A=b', '-a', 'hello'], { person: 'bob' });
  expect(refused.code, refused.output).toBe(1);
  await ok('access:remove', 'bob');
  const keys = z.array(resources.Key).parse(JSON.parse(await ok('keys', '--json')));
  const fingerprint = keys.find(({ person }) => person === 'bob')?.fingerprint ?? '';
  await ok('keys:remove', fingerprint);
  expect((await platform.sluice(['apps'], { person: 'bob' })).code).toBe(3);
});

test('a build again, followed to its verdict; then the app is destroyed', async () => {
  expect(await ok('builds:create', '--no-cache')).toMatch(/=====> v\d+ is live/);
  const wrong = await platform.sluice(['apps:destroy', 'hello', '--confirm', 'helo'], { cwd: path });
  expect(wrong.code, wrong.output).toBe(1);
  expect(await ok('apps:destroy', 'hello', '--confirm', 'hello')).toContain('git remote remove platform');
  expect(await ok('apps')).toBe('');
  expect((await platform.sluice(['apps:info'], { cwd: path })).code).toBe(1);
});

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as whole } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Refused } from '../../support/cli/fake-api.ts';
import {
  TAKEN_BACK,
  TESTS_FAILED,
  app,
  build,
  configRelease,
  failedBuild,
  release,
  takenBack,
  web,
} from '../../support/cli/samples.ts';
import { eventually } from '../../support/eventually.ts';
import { startSshPlatform, type SshPlatform } from '../../support/cli/ssh-platform.ts';

let platform: SshPlatform;
beforeAll(async () => {
  platform = await startSshPlatform();
  platform.api
    .on('me', () => ({ id: 'person000001', name: 'alice', kind: 'person', admin: false }))
    .on('listApps', () => ({ items: [app] }))
    .on('getApp', () => app)
    .on('listBuilds', () => ({ items: [failedBuild, build] }))
    .on('getBuild', () => failedBuild)
    .on('listReleases', () => ({ items: [release] }))
    .on('getRollout', () => takenBack)
    .on('listProcesses', () => ({ processes: [web] }))
    .on('listDomains', () => ({ items: [{ host: 'www.example.com', kind: 'custom' }] }))
    .on('getConfig', () => ({ version: 3, values: { PASSWORD: 'hush' } }))
    .on('rollback', () => configRelease)
    .on('logs', (_, response) => {
      const entry = { at: '2026-11-21T09:00:00.000Z', release: 12, source: 'web.1', text: 'a\u001b[2Jb' };
      response.end(`${JSON.stringify(entry)}\n`);
    });
});
afterAll(() => platform.stop());

/** As a person types it who has nothing but ssh. */
function ssh(line: string): Promise<{ code: number; lines: string[]; errors: string[] }> {
  const [program = '', ...options] = platform.ssh.split(' ');
  const argv = [...options, '-p', String(platform.port), 'sluice@127.0.0.1', line];
  return new Promise((resolve) => {
    execFile(program, argv, (error, stdout, stderr) => {
      const split = (text: string) => text.split('\n').slice(0, -1);
      const errors = split(stderr).filter((text) => !/^(?:Warning:|\*\* )/.test(text));
      resolve({ code: error ? Number(error.code) : 0, lines: split(stdout), errors });
    });
  });
}

/** The same, seen while it goes on. */
function started(line: string) {
  const [program = '', ...options] = platform.ssh.split(' ');
  const child = spawn(program, [...options, '-p', String(platform.port), 'sluice@127.0.0.1', line]);
  const closed = once(child, 'close') as Promise<[number]>;
  const err = whole(child.stderr);
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (out += piece));
  return {
    until: (wanted: string) => eventually(`${wanted} is shown`, () => out.includes(wanted)),
    leave: () => child.kill(),
    end: async () => ({ code: (await closed)[0], out, err: (await err).replaceAll(/^Warning: .*\n/gm, '') }),
  };
}

test.each([
  ['whoami', ['alice']],
  ['apps', ['APP    LIVE  ROLE   URL', 'hello  v12   owner  http://hello.localhost:8000']],
  ['domains -a hello', ['www.example.com']],
  ['config --app hello', ['PASSWORD']],
  ['config --app=hello', ['PASSWORD']],
  [`"config" -a 'hello'`, ['PASSWORD']],
  ['logs -a hello', ['2026-11-21T09:00:00.000Z v12 web.1: a?[2Jb']],
  [
    'rollback v12 -a hello',
    ['=====> v13 is on its way: Set LOG_LEVEL', '       See: ssh … rollouts:show v13 -a hello'],
  ],
])('ssh HOST %s', async (line, lines) => {
  expect(await ssh(line)).toEqual({ code: 0, lines, errors: [] });
  expect(platform.api.asked.at(-1)?.headers['x-sluice-person']).toBe(platform.personId);
});

test('apps says that there are more than it shows', async () => {
  platform.api.on('listApps', () => ({ items: [app], next: 'hello' }));
  expect((await ssh('apps')).lines.at(-1)).toBe('and more: sluice apps');
});

test.each([
  ['apps -a hello', 'apps does not take "-a"'],
  [`logs -a ''`, 'logs: -a names no app'],
])('ssh HOST %s is misuse, and nothing is asked', async (line, message) => {
  const before = platform.api.asked.length;
  const { code, lines, errors } = await ssh(line);
  expect({ code, lines, first: errors[0] }).toEqual({ code: 2, lines: [], first: ` !     ${message}` });
  expect(platform.api.asked).toHaveLength(before);
});

test('why a build or a rollout failed is told as everywhere else', async () => {
  expect((await ssh('builds:show 42 -a hello')).lines.slice(-TESTS_FAILED.length)).toEqual(TESTS_FAILED);
  expect((await ssh('rollouts:show -a hello')).lines.slice(-TAKEN_BACK.length)).toEqual(TAKEN_BACK);
  expect((await ssh('ps -a hello')).lines.at(-1)).toContain('it used more than 512 MB');
});

test('builds:log follows a build to its verdict, which the exit code tells', async () => {
  const going = Promise.withResolvers<void>();
  platform.api
    .on('getBuildLog', async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('-----> Testing\n\u001b[2Jha');
      await going.promise;
      response.end('lf\n');
    })
    .on('getVerdict', () => ({
      ended: true,
      ok: true,
      build: { number: 41, state: 'succeeded' },
      release: { number: 12, rollout: 'live' },
      url: app.url,
    }));
  const following = started('builds:log 41 -f -a hello');
  await following.until('-----> Testing\n');
  going.resolve();
  expect(await following.end()).toEqual({
    code: 0,
    out: `-----> Testing\n?[2Jhalf\n=====> v12 is live: ${app.url}\n`,
    err: '',
  });
  expect(platform.api.asked.findLast(({ route }) => route === 'getBuildLog')?.query).toEqual({
    offset: '0',
    follow: 'true',
  });
  const why = { code: 'test_failed', message: 'the tests ended with exit code 1' } as const;
  platform.api.on('getVerdict', () => ({
    ended: true,
    ok: false,
    build: { number: 41, state: 'failed' },
    reason: why,
  }));
  expect(await ssh('builds:log --follow -a hello')).toMatchObject({
    code: 1,
    errors: [` !     ${why.message}`, expect.stringContaining('sluice builds:log')],
  });
  // Without it: what there is, however it ended.
  expect(await ssh('builds:log -a hello')).toEqual({
    code: 0,
    lines: ['-----> Testing', '?[2Jhalf'],
    errors: [],
  });
});

test('a line of a log that is as long as engines keep them, in escapes, is shown whole', async () => {
  const text = '"\u0001'.repeat(32 * 1024);
  platform.api.on('logs', (_, response) => {
    const entry = { at: '2026-11-21T09:00:00.000Z', release: 12, source: 'web.1', text };
    response.end(`${JSON.stringify(entry)}\n${JSON.stringify({ ...entry, text: 'after it' })}\n`);
  });
  const { code, lines, errors } = await ssh('logs -a hello');
  expect({ code, errors, count: lines.length }).toEqual({ code: 0, errors: [], count: 2 });
  expect(lines[1]).toContain('after it');
});

test('logs -f shows lines as they come, and ends with the right to them', async () => {
  const entry = (text: string) =>
    `${JSON.stringify({ at: '2026-11-21T09:00:00.000Z', release: 12, source: 'web.1', text })}\n`;
  const cut = Promise.withResolvers<void>();
  platform.api.on('logs', async (_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' }).write(entry('one'));
    await cut.promise;
    response.destroy();
  });
  const following = started('logs -f -a hello');
  await following.until('web.1: one\n');
  platform.api.on('listProcesses', () => new Refused(404, 'app_not_found', 'there is no app "hello"'));
  cut.resolve();
  expect(await following.end()).toMatchObject({
    code: 1,
    err: expect.stringContaining(' !     there is no app "hello"\n') as string,
  });
  platform.api.on('listProcesses', () => ({ processes: [web] }));
});

test('a person who goes ends what they followed', async () => {
  const gone = Promise.withResolvers<void>();
  platform.api.on('logs', (_, response) => {
    response.on('close', () => gone.resolve());
    response.writeHead(200).write('\n');
  });
  const following = started('logs -f -a hello');
  await eventually('the log is asked for', () => platform.api.asked.at(-1)?.query['follow'] === 'true');
  following.leave();
  await gone.promise;
});

test('help lists every verb', async () => {
  const { code, lines } = await ssh('help');
  expect(code).toBe(0);
  expect(lines.filter((line) => line.startsWith('  ')).length).toBeGreaterThan(10);
});

test.each([
  ['apps --all', 2, ' !     apps does not take "--all"'],
  ['ps', 2, ' !     ps: which app?'],
  ['builds:show latest -a hello', 2, ' !     "latest" is none: a release is written v12, a build 41'],
  ['apps; id', 127, ' !     Sluice does not run `apps; id`.'],
  ['apps $(id)', 127, ' !     Sluice does not run `apps $(id)`.'],
  ['constructor', 127, ' !     Sluice does not run `constructor`.'],
])('%s is refused', async (line, code, first) => {
  const outcome = await ssh(line);
  expect({ code: outcome.code, lines: outcome.lines, first: outcome.errors[0] }).toEqual({
    code,
    lines: [],
    first,
  });
});

test("what the API refuses is told in its words, with the command's exit code", async () => {
  platform.api.on('getApp', () => new Refused(404, 'app_not_found', 'there is no app "x"', 'ssh … apps'));
  expect(await ssh('info -a x')).toEqual({
    code: 1,
    lines: [],
    errors: [' !     there is no app "x"', ' !     ssh … apps'],
  });
});

test('an app whose name is a path goes nowhere else', async () => {
  const before = platform.api.asked.length;
  expect((await ssh('ps -a ../me')).code).not.toBe(0);
  expect(platform.api.asked.slice(before).filter(({ route }) => route === 'me')).toEqual([]);
});

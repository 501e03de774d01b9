import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { sluice, start } from '../../support/cli/program.ts';
import { Pty } from '../../support/cli/pty.ts';
import { app, canaryDetail, failedBuild } from '../../support/cli/samples.ts';
import { startSshPlatform } from '../../support/cli/ssh-platform.ts';

const MAIN = join(import.meta.dirname, '../../../cli/main.ts');
/** Longer than a person waits without a word, in milliseconds. */
const LONG_MS = 900;
const CHECK = ['repository:check', '-a', 'hello'];
const WORDS = 'Trying to read the repository';

let api: FakeApi;
let answer: PromiseWithResolvers<{ ok: true; commit: string }>;
const environment = (more: Record<string, string> = {}) => ({ SLUICE_DATA_DIR: api.dataDir, ...more });
const done = { ok: true, commit: '0123456789abcdef0123456789abcdef01234567' } as const;
const RESULT = `=====> It can be read: its branch is at ${done.commit}`;

beforeEach(async () => {
  api = await FakeApi.start();
  answer = Promise.withResolvers();
  // A person may see that it is waited for before the question is here; who asks hears of a rejection all the same.
  answer.promise.catch(() => undefined);
  api.on('checkRepository', () => answer.promise);
});
afterEach(() => api.stop());

const onTerminal = (argv: readonly string[], more: Record<string, string> = {}) =>
  new Pty([process.execPath, MAIN, ...argv], environment(more));

/** What a person sees at the end: lines written over and wiped are gone, colours are not looked at. */
function screen(shown: string): string[] {
  return shown
    .replaceAll(/\u001b\[\d*m/g, '')
    .split('\r\n')
    .map((line) => line.split('\r').reduce((before, part) => written(before, part), ''));
}

function written(before: string, part: string): string {
  const [over = '', ...wiped] = part.split('\u001b[K');
  if (wiped.length > 0) return wiped.join('');
  return over + before.slice(over.length);
}

test('on a terminal a person reads what is waited for, and nothing of it stays', async () => {
  const terminal = onTerminal(CHECK);
  expect(await terminal.until((shown) => shown.includes(WORDS))).toContain('\u001b[36m⠙');
  answer.resolve(done);
  expect(await terminal.end()).toEqual({ code: 0, cooked: true });
  expect(screen(terminal.shown)).toEqual([RESULT, '']);
});

test('without colours and without Unicode it still turns', async () => {
  const terminal = onTerminal(CHECK, { NO_COLOR: '1', LC_ALL: 'C' });
  await terminal.until((shown) => shown.includes(`| ${WORDS}`) && shown.includes(`/ ${WORDS}`));
  answer.resolve(done);
  await terminal.end();
  expect(terminal.shown).not.toContain('\u001b[3');
});

test('a wait that takes long says for how long', async () => {
  const terminal = onTerminal(CHECK);
  await terminal.until((shown) => shown.includes(`${WORDS} (3 s)`));
  answer.resolve(done);
  await terminal.end();
});

test('a refusal stands by itself, too', async () => {
  const terminal = onTerminal(CHECK);
  await terminal.until((shown) => shown.includes(WORDS));
  // As a platform that is stopped in between.
  answer.reject(new Error('away'));
  expect((await terminal.end()).code).not.toBe(0);
  expect(screen(terminal.shown).join('\n')).not.toContain(WORDS);
  expect(screen(terminal.shown)[0]).toMatch(/^ !     /);
});

test('Ctrl-C ends it as it would without a word, and leaves a clean line', async () => {
  const terminal = onTerminal(CHECK);
  await terminal.until((shown) => shown.includes(WORDS));
  terminal.type('\u0003');
  expect(await terminal.end()).toEqual({ code: 130, cooked: true });
  expect(screen(terminal.shown)).toEqual(['']);
  expect(terminal.shown).not.toContain('\u001b[?25l');
});

test('Ctrl-C while a rollout is watched ends the watching, in words', async () => {
  api.on('getRollout', () => ({ ...canaryDetail, state: 'starting' }));
  const terminal = onTerminal(['rollouts:show', 'v12', '-f', '-a', 'hello']);
  await terminal.until((shown) => shown.includes('v12: starting'));
  terminal.type('\u0003');
  expect(await terminal.end()).toEqual({ code: 130, cooked: true });
  const seen = screen(terminal.shown).join('\n');
  expect(seen).toContain('Only the watching has ended: v12 goes on');
  expect(seen).not.toContain('⠙');
});

test('a log whose last line has not ended keeps it', async () => {
  const rest = Promise.withResolvers<void>();
  api.on('getBuildLog', async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).write('-----> Testing\n       1 of 2 ');
    await rest.promise;
    response.end('2 of 2\n');
  });
  api.on('getBuild', () => failedBuild);
  api.on('getApp', () => app);
  const terminal = onTerminal(['builds:log', '41', '-f', '-a', 'hello']);
  await terminal.until((shown) => shown.includes('1 of 2 '));
  await delay(LONG_MS);
  rest.resolve();
  await terminal.end();
  expect(screen(terminal.shown)).toContain('       1 of 2 2 of 2');
});

test.each([
  ['a dumb terminal', CHECK, { TERM: 'dumb' }],
  ['CI', CHECK, { CI: 'true' }],
  ['--json', [...CHECK, '--json'], {}],
])('%s: nothing of it', async (_, argv, more) => {
  const terminal = onTerminal(argv, more);
  await delay(LONG_MS);
  answer.resolve(done);
  expect((await terminal.end()).code).toBe(0);
  expect(terminal.shown).not.toContain(WORDS);
  expect(terminal.shown).not.toContain('\u001b[K');
});

test('into pipes not one byte of it goes', async () => {
  api.on('checkRepository', () => delay(LONG_MS).then(() => done));
  expect(await sluice(CHECK, environment({ FORCE_COLOR: '0' }))).toEqual({
    code: 0,
    stdout: `${RESULT}\n`,
    stderr: '',
  });
});

test('a pipe that nobody reads any more is no reason to stay', async () => {
  const child = start(CHECK, environment());
  const closed = once(child, 'close') as Promise<[number]>;
  child.stdout.destroy();
  answer.resolve(done);
  await text(child.stderr);
  expect((await closed)[0]).toBe(0);
});

test('the question of an ssh that wants a passphrase is left alone', async () => {
  const platform = await startSshPlatform();
  try {
    platform.api.on('me', () => ({ id: platform.personId, name: 'alice', kind: 'person', admin: false }));
    platform.api.on('checkRepository', () => answer.promise);
    const key = platform.publicKeyFile.replace(/\.pub$/, '');
    await promisify(execFile)('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', key]);
    const terminal = onTerminal(CHECK, {
      SLUICE_HOST: `ssh://sluice@127.0.0.1:${platform.port}`,
      SLUICE_SSH: platform.ssh,
    });
    await terminal.until((shown) => shown.includes('Enter passphrase'));
    await delay(LONG_MS);
    expect(terminal.shown).not.toContain('\u001b[K');
    terminal.type('open sesame\n');
    await terminal.until((shown) => shown.includes(WORDS));
    answer.resolve(done);
    expect((await terminal.end()).code).toBe(0);
  } finally {
    await platform.stop();
  }
});

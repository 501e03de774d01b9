import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { start } from '../../support/cli/program.ts';
import { RunServer } from '../../support/cli/run-server.ts';
import { app, build, failedBuild, releaseDetail } from '../../support/cli/samples.ts';

let api: FakeApi;
let begun: ChildProcessWithoutNullStreams[];
beforeEach(async () => {
  begun = [];
  api = await FakeApi.start();
  api
    .on('getBuild', () => build)
    .on('getRelease', () => releaseDetail)
    .on('getApp', () => app)
    .on('listApps', () => ({ items: [app] }));
});
afterEach(async () => {
  for (const child of begun) child.kill('SIGKILL');
  await api.stop();
});

function sluice(...argv: string[]): ChildProcessWithoutNullStreams {
  const child = start(['-a', 'hello', ...argv], { SLUICE_DATA_DIR: api.dataDir });
  begun.push(child);
  return child;
}

async function codeOf(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

const FOLLOW = ['builds:log', '41', '-f'];
const LOG = 'line\n'.repeat(1_000);

test.each([
  ['failed', failedBuild, 1, ' !     Build 42'],
  ['is live', build, 0, ''],
])(
  'a followed build of which nobody reads the log: the exit code says that it %s',
  async (_, ended, code, said) => {
    for (const json of [[], ['--json']]) {
      api.on('getBuild', () => ended).on('getBuildLog', (_asked, response) => void response.end(LOG));
      const child = sluice(...FOLLOW, ...json);
      child.stdout.destroy();
      const [ending, stderr] = await Promise.all([codeOf(child), text(child.stderr)]);
      expect(ending).toBe(code);
      if (json.length === 0) expect(stderr.slice(0, said.length || undefined)).toBe(said);
    }
  },
);

test('stderr that is closed takes nothing away from stdout and from the exit code', async () => {
  api.on('getBuild', () => failedBuild).on('getBuildLog', (_, response) => void response.end(LOG));
  const child = sluice(...FOLLOW);
  child.stderr.destroy();
  const [code, stdout] = await Promise.all([codeOf(child), text(child.stdout)]);
  expect(code).toBe(1);
  expect(stdout).toBe(LOG);
});

test('a short list that nobody reads is done all the same', async () => {
  const child = sluice('apps');
  child.stdout.destroy();
  expect(await codeOf(child)).toBe(0);
});

test('logs that have an end: what nobody reads is left, and that is no error', async () => {
  api.on('logs', (_, response) => void response.end(lines(1_000)));
  const child = sluice('logs', '-n', '1000');
  child.stdout.destroy();
  const [code, stderr] = await Promise.all([codeOf(child), text(child.stderr)]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('logs without an end stop when nobody reads them, with the exit code of a broken pipe', async () => {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  let more: NodeJS.Timeout | undefined;
  api.on('logs', (_, response) => {
    response.write(lines(1));
    more = setInterval(() => response.write(lines(1)), 10);
    response.on('close', leave);
  });
  const child = sluice('logs', '-f');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code, stderr] = await Promise.all([codeOf(child), text(child.stderr)]);
  clearInterval(more);
  expect({ code, stderr }).toEqual({ code: 141, stderr: '' });
  await left;
});

test('a command whose output nobody reads is left, as by ssh; its stderr may be lost', async () => {
  api.onRun((_, socket) => {
    const server = RunServer.on(socket);
    server.stdout('x\n');
    server.stderr('y\n');
    server.exit(7);
  });
  const unread = sluice('run', 'yes');
  unread.stdout.destroy();
  expect(await codeOf(unread)).toBe(141);
  const unheard = sluice('run', 'make');
  unheard.stderr.destroy();
  expect(await codeOf(unheard)).toBe(7);
});

test('a disk that is full is an error, and it is said', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../../cli/main.ts'), 'apps'], {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', SLUICE_DATA_DIR: api.dataDir },
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  const ended = once(child, 'exit');
  const { stderr } = child;
  const said = stderr === null ? '' : await text(stderr);
  expect((await ended)[0]).toBe(1);
  expect(said).toMatch(/^ !     stdout cannot be written: ENOSPC/);
});

function lines(count: number): string {
  return `${JSON.stringify({ at: '2026-11-21T10:00:00.000Z', release: 12, source: 'web.1', process: 'web', level: 'info', text: 'hello' })}\n`.repeat(
    count,
  );
}

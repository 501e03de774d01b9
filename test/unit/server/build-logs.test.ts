import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileBuildLogs } from '../../../server/build-logs.ts';

let folder: string;
let logs: FileBuildLogs;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-logs-'));
  logs = new FileBuildLogs(folder);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('a reader gets all from its offset, and what comes while it follows, up to the end', async () => {
  await logs.append('b', 'one\n');
  const end = Promise.withResolvers<void>();
  const all = text(logs.read('b', 0, end.promise));
  const rest = text(logs.read('b', 4, end.promise));
  await logs.append('b', 'two\n');
  await Promise.all(['three\n', 'four\n'].map((line) => logs.append('b', line)));
  end.resolve();
  expect(await all).toBe('one\ntwo\nthree\nfour\n');
  expect(await rest).toBe('two\nthree\nfour\n');
  await logs.rest('b');
});

test('a follower may come before the first byte', async () => {
  const end = Promise.withResolvers<void>();
  const all = text(logs.read('early', 0, end.promise));
  await logs.append('early', 'here\n');
  end.resolve();
  expect(await all).toBe('here\n');
  await logs.rest('early');
});

test('bytes written just before the end are not lost to a follower, a hundred times', async () => {
  for (let i = 0; i < 100; i++) {
    const end = Promise.withResolvers<void>();
    const all = text(logs.read(`n${i}`, 0, end.promise));
    void logs.append(`n${i}`, 'last words\n').then(() => end.resolve());
    expect(await all).toBe('last words\n');
    await logs.rest(`n${i}`);
  }
});

test('a removed log is empty', async () => {
  await logs.append('b', 'one\n');
  await logs.remove('b');
  expect(await logs.size('b')).toBe(0);
  expect(await text(logs.read('b', 0))).toBe('');
});

test('logs that nobody puts to rest do not eat up the file handles', async () => {
  for (let n = 0; n < 200; n++) await logs.append(`n${n}`, 'a rollout has said its last\n');
  const links = await readdir('/proc/self/fd');
  const paths = await Promise.all(links.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  expect(paths.filter((path) => path.startsWith(folder)).length).toBeLessThan(70);
  for (let n = 0; n < 200; n++) await logs.append(`n${n}`, 'again\n');
  expect(await text(logs.read('n0', 0))).toBe('a rollout has said its last\nagain\n');
  for (let n = 0; n < 200; n++) await logs.rest(`n${n}`);
});

test('bytes sent twice at once are there once, and none after a hole', async () => {
  const bytes = Buffer.from('one\ntwo\n');
  expect(await Promise.all([logs.appendAt('b', 0, bytes), logs.appendAt('b', 0, bytes)])).toEqual([8, 8]);
  expect(await logs.appendAt('b', 4, Buffer.from('two\nthree\n'))).toBe(14);
  expect(await logs.appendAt('b', 99, bytes)).toBe(14);
  expect(await text(logs.read('b', 0))).toBe('one\ntwo\nthree\n');
  await logs.rest('b');
});

test('a follower whose end could not be told ends', async () => {
  await logs.append('b', 'one\n');
  expect(await text(logs.read('b', 0, Promise.reject(new Error('the journal is away'))))).toBe('one\n');
  await logs.rest('b');
});

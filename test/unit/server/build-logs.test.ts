import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Redactor } from '../../../core/redaction/redactor.ts';
import { FileBuildLogs } from '../../../server/build-logs.ts';
import { seeded } from '../../support/random.ts';
import { whatTheBuilderSends } from './support/sent-log.ts';

let folder: string;
let logs: FileBuildLogs;
const redactor = new Redactor([{ name: 'PASSWORD', value: 'correct horse' }]);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-logs-'));
  logs = new FileBuildLogs(folder, () => redactor);
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
  const both = [logs.take('b', 1, 0, bytes, false), logs.take('b', 1, 0, bytes, false)];
  expect(await Promise.all(both)).toEqual([8, 8]);
  expect(await logs.take('b', 1, 4, Buffer.from('two\nthree\n'), false)).toBe(14);
  expect(await logs.take('b', 1, 99, bytes, false)).toBe(14);
  expect(await text(logs.read('b', 0))).toBe('one\ntwo\nthree\n');
  await logs.rest('b');
});

test('a secret that comes in pieces is cut out; what may begin one is taken with what follows, or as the last', async () => {
  await logs.append('b', 'head, correct horse\n');
  expect(await logs.take('b', 1, 0, Buffer.from('is correct h'), false)).toBe(3);
  await logs.append('b', 'of the server\n');
  expect(await logs.take('b', 1, 3, Buffer.from('correct horse\ncorr'), false)).toBe(17);
  expect(await logs.taken('b', 1)).toBe(17);
  expect(await logs.take('b', 1, 17, Buffer.from('corr'), true)).toBe(21);
  expect(await text(logs.read('b', 0))).toBe('head, [PASSWORD]\nis of the server\n[PASSWORD]\ncorr');
  expect(await logs.taken('b', 2)).toBe(0);
  expect(await logs.take('b', 2, 0, Buffer.from('again\n'), false)).toBe(6);
  await logs.endAttempt('b');
  expect(await readdir(folder)).toEqual(['b.log']);
});

test('a server that dies while it writes leaves no byte out and none twice, wherever it dies', async () => {
  await logs.take('b', 1, 0, Buffer.from('one correct horse\n'), false);
  await logs.rest('b');
  const [log, mark] = [join(folder, 'b.log'), join(folder, 'b.mark')];
  const [logBefore, markBefore] = [await readFile(log), await readFile(mark)];
  await logs.take('b', 1, 18, Buffer.from('two correct horse, three\n'), false);
  await logs.rest('b');
  const [logAfter, markAfter] = [await readFile(log), await readFile(mark)];
  for (const marked of [markBefore, markAfter]) {
    for (let size = logBefore.length; size <= logAfter.length; size++) {
      if (marked === markBefore && size > logBefore.length) break;
      await writeFile(log, logAfter.subarray(0, size));
      await writeFile(mark, marked);
      const next = new FileBuildLogs(folder, () => redactor);
      await next.append('b', '--\n');
      const from = await next.taken('b', 1);
      const all = Buffer.from('one correct horse\ntwo correct horse, three\nend\n');
      expect(await next.take('b', 1, from, all.subarray(from), true)).toBe(all.length);
      expect((await text(next.read('b', 0))).replace('--\n', ''), `${size}`).toBe(
        'one [PASSWORD]\ntwo [PASSWORD], three\nend\n',
      );
      await next.rest('b');
    }
  }
});

test('a server that is killed again and again while a builder sends its log ends with the whole of it', async () => {
  const random = seeded(9);
  const whole = whatTheBuilderSends();
  const writer = join(import.meta.dirname, 'support', 'log-writer.ts');
  for (let killed = 0; ; killed++) {
    const child = spawn(process.execPath, [writer, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    // Some pieces after it has begun, in the middle of anything.
    let pieces = Math.floor(random() * 12);
    child.stdout.on('data', () => {
      if (pieces-- === 0 && killed < 8) child.kill('SIGKILL');
    });
    const [code] = (await exited) as [number | null];
    if (code !== null) {
      expect(code).toBe(0);
      expect(killed).toBeGreaterThan(4);
      break;
    }
  }
  expect(await text(logs.read('b', 0))).toBe(redactor.text(whole));
});

test('a follower whose end could not be told ends', async () => {
  await logs.append('b', 'one\n');
  expect(await text(logs.read('b', 0, Promise.reject(new Error('the journal is away'))))).toBe('one\n');
  await logs.rest('b');
});

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readlinkSync, readdirSync, rmSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { openTree } from '../../../server/tree/open-tree.ts';
import type { TreeOptions } from '../../../server/tree/tree.ts';
import { TestRepository } from './repository.ts';
import { readTar } from './tar.ts';

const options: TreeOptions = {
  env: { PATH: '/usr/bin:/bin' },
  submodules: { cache: join(tmpdir(), 'sluice-no-submodules'), allow: undefined },
  limits: { entries: 50_000, expandedBytes: 1024 ** 3 },
};

const ODD_NAMES = [
  ' leading and trailing ',
  '-rf',
  '--help',
  'new\nline',
  'quote"and\\slash',
  'tab\there',
  '数据/ünï/🎉.txt',
  `${'long/'.repeat(60)}end`,
  'x'.repeat(255),
  '*?[glob]',
  'a:b',
  '..dots',
  'Dockerfile',
];

test('names, modes and links arrive intact, as GNU tar unpacks them', async () => {
  using repository = new TestRepository();
  const commit = repository.commit({
    ...Object.fromEntries(ODD_NAMES.map((name, index) => [name, `content ${index}`])),
    run: { mode: '100755', content: '#!/bin/sh\n' },
    empty: '',
    binary: { mode: '100644', content: Buffer.from([0, 1, 2, 255, 10, 13]) },
    'links/up': { mode: '120000', content: '../run' },
    'links/outside': { mode: '120000', content: '/etc/passwd' },
    'links/long': { mode: '120000', content: `${'d/'.repeat(200)}end` },
    'links/odd': { mode: '120000', content: 'zié l\nend' },
  });
  const folder = mkdtempSync(join(tmpdir(), 'sluice-unpacked-'));
  try {
    const tar = spawn('tar', ['-x', '-C', folder], { stdio: ['pipe', 'inherit', 'inherit'] });
    const ended = once(tar, 'close');
    await pipeline(await openTree(repository.path, commit, options), tar.stdin);
    expect(await ended).toEqual([0, null]);
    for (const [index, name] of ODD_NAMES.entries()) {
      expect(readFileSync(join(folder, name), 'utf8')).toBe(`content ${index}`);
    }
    expect(statSync(join(folder, 'run')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(folder, 'empty'))).toMatchObject({ size: 0, mtimeMs: 1_700_000_000_000 });
    expect(statSync(join(folder, 'Dockerfile')).mode & 0o7777).toBe(0o644);
    expect(readFileSync(join(folder, 'binary'))).toEqual(Buffer.from([0, 1, 2, 255, 10, 13]));
    expect(readlinkSync(join(folder, 'links/up'))).toBe('../run');
    expect(readlinkSync(join(folder, 'links/outside'))).toBe('/etc/passwd');
    expect(readlinkSync(join(folder, 'links/long'))).toBe(`${'d/'.repeat(200)}end`);
    expect(readlinkSync(join(folder, 'links/odd'))).toBe('zié l\nend');
    const unpacked = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
      (entry) => !entry.isDirectory(),
    );
    expect(unpacked).toHaveLength(ODD_NAMES.length + 7);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('export-ignore and export-subst change nothing', async () => {
  using repository = new TestRepository();
  const commit = repository.commit({
    '.gitattributes':
      'secret export-ignore\ntests/ export-ignore\nversion export-subst\n*.txt text eol=crlf ident\n',
    secret: 's',
    'tests/a': 'a',
    version: '$Format:%H$',
    'a.txt': '$Id$\n',
  });
  const files = await readTar(await openTree(repository.path, commit, options));
  expect([...files.keys()].sort()).toEqual(['.gitattributes', 'a.txt', 'secret', 'tests/a', 'version']);
  expect(String(files.get('version')?.content)).toBe('$Format:%H$');
  expect(String(files.get('a.txt')?.content)).toBe('$Id$\n');
});

test('modes that only old trees have become those of git today', async () => {
  using repository = new TestRepository();
  const id = repository.blob('x');
  const commit = repository.commitRaw([
    { mode: '100600', name: 'a', id },
    { mode: '100664', name: 'b', id },
    { mode: '100777', name: 'c', id },
  ]);
  const files = await readTar(await openTree(repository.path, commit, options));
  expect([...files].map(([name, { header }]) => [name, header.mode])).toEqual([
    ['a', 0o644],
    ['b', 0o644],
    ['c', 0o755],
  ]);
});

test('the same commit gives the same bytes, whole blocks of them and no end of archive', async () => {
  using repository = new TestRepository();
  const commit = repository.commit({ a: 'x'.repeat(513), b: '' });
  const [first, second] = [
    await buffer(await openTree(repository.path, commit, options)),
    await buffer(await openTree(repository.path, commit, options)),
  ];
  expect(first.equals(second)).toBe(true);
  expect(first).toHaveLength(512 * 4);
});

test.each(['..', '.git', '.GIT', '.'])('a tree with an entry named %s is refused', async (name) => {
  using repository = new TestRepository();
  const commit = repository.commitRaw([{ mode: '100644', name, id: repository.blob('x') }]);
  await expect(openTree(repository.path, commit, options)).rejects.toMatchObject({
    reason: { code: 'hostile_tree' },
  });
});

test.each([
  ['no target', ''],
  ['a NUL in its target', 'a\0b'],
  ['a target longer than any path', 'x'.repeat(4097)],
])('a link with %s fails the stream', async (_, content) => {
  using repository = new TestRepository();
  const commit = repository.commit({ link: { mode: '120000', content } });
  const tree = await openTree(repository.path, commit, options);
  await expect(buffer(tree)).rejects.toMatchObject({ reason: { code: 'hostile_tree' } });
});

test('a missing object fails the stream, and a missing commit fails at once', async () => {
  using repository = new TestRepository();
  const commit = repository.commitRaw([
    { mode: '100644', name: 'a', id: repository.blob('here') },
    { mode: '100644', name: 'b', id: 'ab'.repeat(20) },
  ]);
  const tree = await openTree(repository.path, commit, options);
  await expect(buffer(tree)).rejects.toThrow(/damaged: (ab){20} missing/);
  await expect(openTree(repository.path, 'cd'.repeat(20), options)).rejects.toThrow(
    /git cat-file ended with 128/,
  );
  await expect(openTree(repository.path, '--output=/tmp/x', options)).rejects.toThrow();
});

test('limits on files and bytes hold', async () => {
  using repository = new TestRepository();
  const commit = repository.commit({ a: 'x'.repeat(600), b: 'x'.repeat(600) });
  const files = { ...options, limits: { entries: 1, expandedBytes: 1e9 } };
  await expect(openTree(repository.path, commit, files)).rejects.toThrow('have 2 files; the limit is 1');
  const bytes = { ...options, limits: { entries: 10, expandedBytes: 1199 } };
  await expect(openTree(repository.path, commit, bytes).then(buffer)).rejects.toThrow(
    'larger than 1199 bytes',
  );
  const just = { ...options, limits: { entries: 2, expandedBytes: 1200 } };
  expect((await readTar(await openTree(repository.path, commit, just))).size).toBe(2);
});

test('a reader that stops, or a signal, ends git', async () => {
  using repository = new TestRepository();
  const big = Buffer.alloc(8 * 1024 * 1024, 'x');
  const commit = repository.commit({
    a: { mode: '100644', content: big },
    b: { mode: '100644', content: big },
  });
  const tree = await openTree(repository.path, commit, options);
  tree.once('data', () => tree.destroy());
  await once(tree, 'close');
  const stopping = new AbortController();
  const stopped = await openTree(repository.path, commit, { ...options, signal: stopping.signal });
  stopped.once('data', () => stopping.abort());
  await expect(buffer(stopped)).rejects.toThrow(/abort/i);
  await expect.poll(() => gitProcesses(repository.path)).toBe(0);
});

test('a slow reader does not make git or this process hold the tree', async () => {
  using repository = new TestRepository();
  const files = Object.fromEntries(
    Array.from({ length: 64 }, (_, index) => [
      `f${index}`,
      { mode: '100644', content: Buffer.alloc(1024 * 1024, index) } as const,
    ]),
  );
  const commit = repository.commit(files);
  const tree = await openTree(repository.path, commit, options);
  const before = process.memoryUsage();
  tree.once('readable', () => undefined);
  await once(tree, 'readable');
  // 64 MiB wait in git; of them, only the stream's buffers are here.
  expect(tree.readableLength).toBeLessThan(2 * 1024 * 1024);
  expect(process.memoryUsage().external - before.external).toBeLessThan(16 * 1024 * 1024);
  tree.destroy();
  await once(tree, 'close');
});

test('20,000 files', async () => {
  using repository = new TestRepository();
  const files = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [
      `d${index % 200}/f${index}.js`,
      `const n = ${index};\n`.repeat(index % 80),
    ]),
  );
  const commit = repository.commit(files);
  const begun = performance.now();
  const bytes = await buffer(await openTree(repository.path, commit, options));
  const took = performance.now() - begun;
  console.info(`20,000 files, ${(bytes.length / 1e6).toFixed(1)} MB of tar: ${took.toFixed(0)} ms`);
  const listed = execFileSync('tar', ['-t'], {
    input: Buffer.concat([bytes, Buffer.alloc(1024)]),
    maxBuffer: 1 << 26,
  });
  expect(listed.toString().trim().split('\n')).toHaveLength(20_000);
});

test('a folder that is no repository is an error', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-none-'));
  await expect(openTree(folder, 'ab'.repeat(20), options)).rejects.toThrow(/not a git repository/);
  await rm(folder, { recursive: true });
});

/** Processes whose arguments name a repository. */
function gitProcesses(repository: string): number {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(repository);
    } catch {
      return false;
    }
  }).length;
}

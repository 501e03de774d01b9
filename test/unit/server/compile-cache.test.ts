import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dataPaths, type DataPaths } from '../../../core/paths.ts';
import { must } from '../../support/command.ts';

const CHECKOUT = join(import.meta.dirname, '..', '..', '..');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-compiled-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A process of its own, as the cache is one of the whole process, that loads a module and ends. */
async function runs(paths: DataPaths, room?: number): Promise<void> {
  const program = `
    const { keepCompiled } = await import('./server/compile-cache.ts');
    keepCompiled(${JSON.stringify(paths)}, ${room});
    await import('./core/paths.ts');`;
  const { NODE_DISABLE_COMPILE_CACHE: _off, NODE_COMPILE_CACHE: _other, ...env } = process.env;
  await must(process.execPath, ['--input-type=module', '-e', program], { cwd: CHECKOUT, env });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

test('what is compiled is kept in the data folder', async () => {
  const paths = dataPaths(folder);
  await runs(paths, 1);
  const kept = await readdir(paths.compiled, { recursive: true });
  expect(kept.length).toBeGreaterThan(1);
});

test('a disk that is nearly full is left as it is', async () => {
  const paths = dataPaths(folder);
  await runs(paths, Number.MAX_SAFE_INTEGER);
  expect(await readdir(folder)).toEqual([]);
});

test('a data folder that is not there yet is not made', async () => {
  const paths = dataPaths(join(folder, 'later'));
  await runs(paths);
  expect(await isThere(paths.root)).toBe(false);
});

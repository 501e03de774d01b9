import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';

const checkout = path.resolve(import.meta.dirname, '../../..');
/** All that may read the environment: `.oxlintrc.json` refuses it elsewhere. */
const READERS = [
  'server/settings.ts',
  'server/git/settings.ts',
  'core/cluster-settings.ts',
  'builder/settings.ts',
  'builder/cluster/settings.ts',
  'router/settings.ts',
  'cli/settings.ts',
];
/** What every machine sets, and nobody for Sluice. */
const OF_THE_MACHINE = new Set([
  'DISPLAY',
  'HOME',
  'KUBERNETES_SERVICE_HOST',
  'PATH',
  'SUDO_USER',
  'TERM',
  'USER',
  'WAYLAND_DISPLAY',
]);

/** Names as they stand in code: keys of a schema, or what `env[…]` and `get(…)` are asked for. */
async function read(): Promise<string[]> {
  const texts = await Promise.all(READERS.map(async (file) => readFile(path.join(checkout, file), 'utf8')));
  const names = texts.flatMap((text) => [
    ...text.matchAll(/^\s+([A-Z][A-Z_]+):/gm),
    ...text.matchAll(/(?:env|environment|get)[[(]'([A-Z][A-Z_]+)'/g),
  ]);
  return [...new Set(names.map(([, name = '']) => name))].filter((name) => !OF_THE_MACHINE.has(name)).sort();
}

/** Names in the first column of the tables. */
async function documented(): Promise<string[]> {
  const page = await readFile(path.join(checkout, 'docs/settings.md'), 'utf8');
  const columns = [...page.matchAll(/^\| (`[^|]+`) +\|/gm)].map(([, column = '']) => column);
  return [
    ...new Set(
      columns.flatMap((column) => [...column.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name)),
    ),
  ].sort();
}

test('docs/settings.md has each setting that is read, and no other', async () => {
  const names = await read();
  expect(names.length).toBeGreaterThan(70);
  expect(await documented()).toEqual(names);
});

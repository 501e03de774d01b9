import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Metering } from '../../../router/metering.ts';

test('counts that cannot be written are told all the same, and written as soon as that works', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sl-metering-'));
  try {
    const file = join(folder, 'router', 'counts.json');
    const metering = await Metering.open(file, () => ({ current: undefined, draining: new Set() }));
    expect(await metering.look()).toMatchObject({ releases: [] });
    await mkdir(join(folder, 'router'));
    await metering.look();
    expect(JSON.parse(await readFile(file, 'utf8'))).toBeTypeOf('object');
  } finally {
    await rm(folder, { recursive: true });
  }
});

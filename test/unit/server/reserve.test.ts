import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Reserve } from '../../../server/store/reserve.ts';
import { Store } from '../../../server/store/store.ts';
import { Vault } from '../../../server/store/vault.ts';

const MB = 1024 * 1024;
let folder: string;
let file: string;
let free: number;
let reserve: Reserve;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sl-reserve-'));
  file = join(folder, 'journal.db.reserve');
  free = 1_000 * MB;
  reserve = new Reserve(file, () => free);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('it takes real room, is let go only when there is hardly any left, and is filled again later', () => {
  reserve.fill();
  const { size, blocks } = statSync(file);
  expect(size).toBe(16 * MB);
  expect(blocks * 512).toBeGreaterThanOrEqual(16 * MB);
  free = 17 * MB;
  reserve.makeRoom();
  expect(existsSync(file)).toBe(true);
  free = 15 * MB;
  reserve.makeRoom();
  reserve.makeRoom();
  expect(existsSync(file)).toBe(false);
  free = 100 * MB;
  reserve.fill();
  expect(existsSync(file)).toBe(false);
  free = 200 * MB;
  reserve.fill();
  reserve.fill();
  expect(statSync(file).size).toBe(16 * MB);
});

test.each([
  ['is let go where a journal is opened and nothing else is free', 0, false],
  ['is kept where there is room to open it', 2 * MB, true],
])('it %s', (_, left, kept) => {
  reserve.fill();
  free = left;
  new Store(join(folder, 'journal.db'), new Vault(Buffer.alloc(32)), { reserve }).close();
  expect(existsSync(file)).toBe(kept);
});

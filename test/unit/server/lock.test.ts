import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataFolder } from '../../../server/platform/lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-lock-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('a second server on the same folder is refused until the first has ended', async () => {
  const unlock = await lockDataFolder(folder);
  await expect(lockDataFolder(folder)).rejects.toThrow(/another server runs/);
  unlock();
  (await lockDataFolder(folder))();
});

test('a server that was killed leaves no lock behind', async () => {
  const module = new URL('../../../server/platform/lock.ts', import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(({ lockDataFolder }) => lockDataFolder(process.argv[1])).then(() => { console.log('locked'); setInterval(() => {}, 1000); });`;
  const holder = spawn(process.execPath, ['-e', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  await expect(lockDataFolder(folder)).rejects.toThrow(/another server runs/);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  (await lockDataFolder(folder))();
});

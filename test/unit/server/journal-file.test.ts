import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Database } from '../../../server/store/database.ts';
import { Store } from '../../../server/store/store.ts';
import { Vault } from '../../../server/store/vault.ts';

/** Holds a file as one does who finds it after a crash and reads it first. */
const HOLDER = `
const { DatabaseSync } = require('node:sqlite');
const journal = new DatabaseSync(process.argv[1]);
journal.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE');
process.stdout.write('held');
setTimeout(() => journal.close(), 300);
`;

test('a journal that somebody reads at this moment is waited for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sl-'));
  try {
    const file = join(folder, 'journal.db');
    new Database(file).close();
    const holder = spawn(process.execPath, ['-e', HOLDER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(holder, 'exit');
    await once(holder.stdout, 'data');
    const journal = new Database(file);
    expect(journal.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
    journal.close();
    expect(await ended).toEqual([0, null]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a journal is opened only as the installation and for the engine that it was made for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sl-'));
  try {
    const open = (options: { installationId?: string; engine?: string }): Store =>
      new Store(join(folder, 'journal.db'), new Vault(Buffer.alloc(32)), options);
    const made = open({ installationId: 'abcdefgh12345678', engine: 'kubernetes' });
    expect(made.installationId).toBe('abcdefgh12345678');
    made.close();
    expect(() => open({ installationId: 'another123456789', engine: 'kubernetes' })).toThrow(
      'SLUICE_INSTALLATION_ID',
    );
    expect(() => open({})).toThrow('SLUICE_ENGINE=kubernetes');
    const again = open({ engine: 'kubernetes' });
    expect(again.installationId).toBe('abcdefgh12345678');
    expect(again.generation).toBeGreaterThan(made.generation);
    again.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a journal from a backup is not older than what a cluster has seen of the one that is lost', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sl-'));
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const opened = (name: string): number => {
      const store = new Store(join(folder, name), new Vault(Buffer.alloc(32)), { engine: 'kubernetes' });
      store.close();
      return store.generation;
    };
    const first = opened('journal.db');
    await copyFile(join(folder, 'journal.db'), join(folder, 'backup.db'));
    const seen = [opened('journal.db'), opened('journal.db'), opened('journal.db')];
    expect(seen).toEqual([first + 1, first + 2, first + 3]);
    vi.advanceTimersByTime(60_000);
    expect(opened('backup.db')).toBeGreaterThan(Math.max(...seen));
  } finally {
    vi.useRealTimers();
    await rm(folder, { recursive: true });
  }
});

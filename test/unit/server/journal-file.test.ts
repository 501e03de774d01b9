import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
    expect([again.installationId, again.generation]).toEqual(['abcdefgh12345678', 2]);
    again.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

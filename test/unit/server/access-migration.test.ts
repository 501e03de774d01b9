import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { verifyEvents } from '../../../server/store/audit-verification.ts';
import { migrations } from '../../../server/store/migrations/index.ts';
import { Store } from '../../../server/store/store.ts';
import { Vault } from '../../../server/store/vault.ts';

const BEFORE_ACCESS = 3;

/** A journal as it was before people could be removed and tokens had limits. */
function oldJournal(vault: Vault): string {
  const folder = mkdtempSync(join(tmpdir(), 'sl-old-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'journal.db');
  const db = new DatabaseSync(file);
  for (const sql of migrations.slice(0, BEFORE_ACCESS)) db.exec(sql);
  const dataKey = vault.wrap('data-key:app0000000000000', randomBytes(32)).box.toString('hex');
  db.exec(`
    PRAGMA user_version = ${BEFORE_ACCESS};
    INSERT INTO people VALUES ('ada0000000000000', 'ada', 1, 1), ('bob0000000000000', 'bob', 0, 2);
    INSERT INTO ssh_keys VALUES ('key0000000000000', 'bob0000000000000', 'SHA256:bob', 'ssh-ed25519', 'AAAA', 'bob@home', 3);
    INSERT INTO tokens VALUES ('token00000000000', 'bob0000000000000', 'ci', x'0102', '[]', NULL, 4);
    INSERT INTO targets VALUES ('target0000000000', 'local', 'docker', 5);
    INSERT INTO apps (id, name, target_id, data_key, created_by, created_at)
      VALUES ('app0000000000000', 'shop', 'target0000000000', x'${dataKey}', 'bob0000000000000', 6);
    INSERT INTO members VALUES ('app0000000000000', 'bob0000000000000', 'owner');
    INSERT INTO events (at, person_id, app_id, action, detail) VALUES
      (7, 'bob0000000000000', 'app0000000000000', 'app.create', '{"name":"shop"}'),
      (8, 'bob0000000000000', 'gone000000000000', 'app.create', '{"name":"past"}'),
      (9, NULL, 'gone000000000000', 'app.destroy', '{}');`);
  db.close();
  return file;
}

test('an older journal keeps its people, keys, tokens, roles and events, which are sealed', async () => {
  const vault = new Vault(randomBytes(32));
  const store = new Store(oldJournal(vault), vault);
  onTestFinished(() => store.close());
  const bob = store.people.byName('bob');
  expect(bob).toMatchObject({ id: 'bob0000000000000', kind: 'person', app_id: null, removed_at: null });
  expect(store.people.byName('ada')).toMatchObject({ admin: 1 });
  expect(store.people.byFingerprint('SHA256:bob')).toEqual(bob);
  expect(store.tokens.byHash(Buffer.from([1, 2]))).toMatchObject({ person: 'bob', apps: null, role: null });
  expect(store.people.members('app0000000000000')).toEqual([{ person: 'bob', role: 'owner' }]);
  expect(store.db.all('SELECT person, app FROM events WHERE at < 10 ORDER BY id')).toEqual([
    { person: 'bob', app: 'shop' },
    { person: 'bob', app: 'past' },
    { person: null, app: 'past' },
  ]);
  expect(store.db.all('PRAGMA foreign_key_check')).toEqual([]);
  expect(await verifyEvents(store.events)).toMatchObject({ rows: 4, fault: undefined });
  expect(store.events.byNumber(4)).toMatchObject({ action: 'audit.seal', detail: '{"rows":3}' });
});

test('rows of people go with them as before: references follow the tables that were made anew', () => {
  const vault = new Vault(randomBytes(32));
  const store = new Store(oldJournal(vault), vault);
  onTestFinished(() => store.close());
  store.people.remove('bob0000000000000');
  expect(store.people.byName('bob')).toBeUndefined();
  expect(store.people.byId('bob0000000000000')).toBeUndefined();
  expect(store.people.nameOf('bob0000000000000')).toBe('bob');
  expect(store.people.keys()).toEqual([]);
  expect(store.people.members('app0000000000000')).toEqual([]);
  expect(store.tokens.byId('token00000000000')?.revoked_at).toEqual(expect.any(Number));
  expect(() => store.people.setRole('app0000000000000', 'nobody', 'viewer')).toThrow(/FOREIGN KEY/);
  expect(store.people.create('bob', false).id).not.toBe('bob0000000000000');
});

test('a feed in the older shape is let go: who asks behind it is told so, and its numbers are not used again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sl-old-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'journal.db');
  const db = new DatabaseSync(file);
  const before = 10;
  for (const sql of migrations.slice(0, before)) db.exec(sql);
  db.exec(`
    PRAGMA user_version = ${before};
    INSERT INTO targets VALUES ('target0000000000', 'local', 'docker', 5);
    INSERT INTO apps (id, name, target_id, created_by, created_at)
      VALUES ('app0000000000000', 'shop', 'target0000000000', 'bob0000000000000', 6);
    INSERT INTO feed (at, app_id, kind, data) VALUES (1, 'app0000000000000', 'build', '{}'), (2, 'app0000000000000', 'build', '{}');`);
  db.close();
  const store = new Store(file, new Vault(randomBytes(32)));
  onTestFinished(() => store.close());
  expect([store.feed.letGoUpTo(), store.feed.newest(), store.feed.after(0, 9)]).toEqual([2, 2, []]);
  store.apps.setMaintenance('app0000000000000', true);
  expect(store.feed.after(2, 9)).toMatchObject([
    { seq: 3, type: 'app.updated', subject: 'app0000000000000' },
  ]);
});

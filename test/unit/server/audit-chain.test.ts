import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { verifyEvents } from '../../../server/store/audit-verification.ts';
import { Store } from '../../../server/store/store.ts';
import { Vault } from '../../../server/store/vault.ts';

const ROWS = 12;
const MASTER = randomBytes(32);

let store: Store;
beforeEach(() => {
  store = new Store(':memory:', new Vault(MASTER));
  onTestFinished(() => store.close());
  const bob = store.people.create('bob', false);
  for (let row = 1; row <= ROWS; row++) store.events.record('test.row', bob.id, null, { row });
});

/** What who can write the file does first. */
function unlock(): void {
  store.db.run('DROP TRIGGER events_stay');
  store.db.run('DROP TRIGGER events_remain');
}

const verify = (head?: Parameters<typeof verifyEvents>[1]) => verifyEvents(store.events, head);

test('a log that nobody touched is whole, and its head is that of its last row', async () => {
  const { rows, head, fault } = await verify();
  expect({ rows, fault, at: head.id }).toEqual({ rows: ROWS, fault: undefined, at: ROWS });
  expect(store.events.byNumber(ROWS)?.mac).toEqual(new Uint8Array(head.mac));
  expect((await verify(head)).fault).toBeUndefined();
  store.events.record('test.row', null, null);
  expect((await verify(head)).fault).toBeUndefined();
});

test('a log without rows is whole', async () => {
  const fresh = new Store(':memory:', new Vault(MASTER));
  onTestFinished(() => fresh.close());
  expect(await verifyEvents(fresh.events)).toMatchObject({ rows: 0, fault: undefined });
});

test('nothing of ours changes or removes a row', () => {
  expect(() => store.db.run("UPDATE events SET action = 'x' WHERE id = 3")).toThrow('never changed');
  expect(() => store.db.run('DELETE FROM events WHERE id = 3')).toThrow('never removed');
});

const COLUMNS = ['at', 'person_id', 'person', 'app_id', 'app', 'action', 'detail', 'via', 'address', 'token'];

test.each(COLUMNS)('a row whose %s was changed is named', async (column) => {
  unlock();
  store.db.run(`UPDATE events SET ${column} = ${column === 'at' ? 5 : "'other'"} WHERE id = 5`);
  expect((await verify()).fault).toMatchObject({ row: 5, kind: 'changed' });
});

test('a row whose seal was changed or taken off is named, and what is before it still counts', async () => {
  unlock();
  for (const mac of [randomBytes(32), null]) {
    store.db.run('UPDATE events SET mac = ? WHERE id = 5', mac);
    expect(await verify()).toMatchObject({ rows: 4, head: { id: 4 }, fault: { row: 5, kind: 'changed' } });
  }
});

test('rows that were taken out are named', async () => {
  unlock();
  store.db.run('DELETE FROM events WHERE id IN (5, 6)');
  expect((await verify()).fault).toEqual({ row: 5, kind: 'missing', message: 'rows 5 to 6 are missing' });
  // Closing the gap does not hide it.
  for (let row = 7; row <= ROWS; row++) store.db.run('UPDATE events SET id = ? WHERE id = ?', row - 2, row);
  expect((await verify()).fault).toMatchObject({ row: 5, kind: 'changed' });
});

test('rows that changed places are named', async () => {
  unlock();
  store.db.run('UPDATE events SET id = 99 WHERE id = 5');
  store.db.run('UPDATE events SET id = 5 WHERE id = 6');
  store.db.run('UPDATE events SET id = 6 WHERE id = 99');
  expect((await verify()).fault).toMatchObject({ row: 5, kind: 'changed' });
});

test('a row that was put in is named', async () => {
  unlock();
  store.db.run('UPDATE events SET id = id + 100 WHERE id > 4');
  store.db.run('UPDATE events SET id = id - 99 WHERE id > 100');
  store.db.run(
    "INSERT INTO events (id, at, action, detail, mac) VALUES (5, 1, 'x', '{}', ?)",
    randomBytes(32),
  );
  expect((await verify()).fault).toMatchObject({ row: 5, kind: 'changed' });
});

test('rows cut off the end are missed', async () => {
  unlock();
  store.db.run('DELETE FROM events WHERE id > 9');
  expect((await verify()).fault).toEqual({ row: 10, kind: 'cut', message: 'rows 10 to 12 are missing' });
  // Also once there are new rows behind the gap.
  store.events.record('test.row', null, null);
  expect((await verify()).fault).toMatchObject({ row: 10, kind: 'missing' });
});

test('taking away what says where the log ends hides no cut, not even when the log goes on', async () => {
  unlock();
  store.db.run('DELETE FROM events WHERE id > 9');
  store.db.run("DELETE FROM meta WHERE key = 'audit_head'");
  expect((await verify()).fault).toMatchObject({ kind: 'head' });
  store.events.open();
  store.events.record('test.row', null, null);
  expect((await verify()).fault).toMatchObject({ row: 10, kind: 'head' });
});

test('an end that somebody else wrote down is not believed', async () => {
  unlock();
  const nine = Buffer.from(store.events.byNumber(9)?.mac ?? []).toString('hex');
  store.db.run('DELETE FROM events WHERE id > 9');
  store.db.run("UPDATE meta SET value = ? WHERE key = 'audit_head'", `9:${nine}:${nine}`);
  expect((await verify()).fault).toMatchObject({ kind: 'head' });
});

test('an older copy of the whole journal is found by a head that was noted outside', async () => {
  const meta =
    store.db.get<{ value: string }>("SELECT value FROM meta WHERE key = 'audit_head'")?.value ?? '';
  store.events.record('test.row', null, null, { late: true });
  const { head: noted } = await verify();
  unlock();
  store.db.run('DELETE FROM events WHERE id > ?', ROWS);
  store.db.run("UPDATE meta SET value = ? WHERE key = 'audit_head'", meta);
  expect((await verify()).fault).toBeUndefined();
  expect((await verify(noted)).fault).toMatchObject({ row: ROWS + 1, kind: 'cut' });
});

test('a log that was rewritten as a whole, by who has the key, is found by a head that was noted outside', async () => {
  const { head: noted } = await verify();
  unlock();
  store.db.run("UPDATE events SET detail = '{}', mac = NULL");
  store.db.run("DELETE FROM meta WHERE key = 'audit_head'");
  store.db.run("DELETE FROM wrapped_keys WHERE name = 'platform:audit'");
  store.events.open();
  // It says itself that it was begun anew.
  expect(await verify()).toMatchObject({ fault: undefined, sealed: { row: ROWS + 1 } });
  expect(store.events.page({ action: 'audit.seal' }, ROWS * 2, 1)).toHaveLength(1);
  expect((await verify(noted)).fault).toMatchObject({ row: ROWS, kind: 'rewritten' });
});

describe('rows that retention takes off its beginning', () => {
  const DAY = 24 * 3_600_000;
  const later = (days: number): number => Date.now() + days * DAY;

  test('are told apart from tampering, and the rest is verified from there on', async () => {
    expect(store.events.retire(later(9), 10 * DAY)).toBe(0);
    expect(store.events.retire(later(11), 10 * DAY, 5)).toBe(5);
    expect(await verify()).toMatchObject({ rows: ROWS - 5 + 1, anchor: { id: 5 }, fault: undefined });
    // Not all that is old went at once, so the next look goes on; the rest waits for a day, as each time leaves a row.
    expect(store.events.retire(later(11), 10 * DAY, 5)).toBe(5);
    expect(store.events.retire(later(11), 10 * DAY, 5)).toBe(0);
    expect(store.events.retire(later(12.1), 10 * DAY, 5)).toBe(4);
    const { anchor, ...found } = await verify();
    expect(found).toMatchObject({ rows: 1, head: { id: ROWS + 3 }, fault: undefined });
    expect(anchor?.id).toBe(ROWS + 2);
    expect(JSON.parse(store.events.byNumber(ROWS + 3)?.detail ?? '')).toEqual({
      rows: 4,
      upTo: ROWS + 2,
      until: expect.stringMatching(/^20/),
    });
    const noted = { id: ROWS + 2, mac: anchor?.mac ?? Buffer.of() };
    expect((await verify(noted)).fault).toBeUndefined();
    expect((await verify({ ...noted, mac: randomBytes(32) })).fault).toMatchObject({ kind: 'rewritten' });
    expect((await verify({ id: 3, mac: randomBytes(32) })).fault).toMatchObject({
      kind: 'retired',
      message: expect.stringMatching(/^rows 1 to 14 were retired on \d{4}-\d\d-\d\d by retention, and row 3/),
    });
  });

  test('cannot be taken by who has the file alone', async () => {
    store.events.retire(later(11), 10 * DAY, 5);
    const { value } = store.db.get<{ value: string }>(
      "SELECT value FROM meta WHERE key = 'audit_anchor'",
    ) ?? { value: '' };
    const [, , at = '', seal = ''] = value.split(':');
    const eighth = Buffer.from(store.events.byNumber(8)?.mac ?? []).toString('hex');
    // Nothing of ours takes one that is younger than the anchor.
    expect(() => store.db.run('DELETE FROM events WHERE id = 6')).toThrow('never removed');
    unlock();
    store.db.run('DELETE FROM events WHERE id <= 8');
    expect((await verify()).fault).toEqual({ row: 6, kind: 'missing', message: 'rows 6 to 8 are missing' });
    store.db.run("UPDATE meta SET value = ? WHERE key = 'audit_anchor'", `8:${eighth}:${at}:${seal}`);
    expect((await verify()).fault).toMatchObject({ kind: 'head' });
    expect(() => store.events.retire(later(20), DAY)).toThrow('not as it was written');
    store.db.run("DELETE FROM meta WHERE key = 'audit_anchor'");
    expect((await verify()).fault).toMatchObject({ row: 1, kind: 'missing' });
  });

  test('are not taken when one of them was changed: what shows that stays', async () => {
    unlock();
    store.db.run("UPDATE events SET detail = '{}' WHERE id = 3");
    expect(() => store.events.retire(later(11), 10 * DAY)).toThrow('not as it was written');
    expect((await verify()).fault).toMatchObject({ row: 3, kind: 'changed' });
    expect(store.events.byNumber(1)).toBeDefined();
  });

  test('are not taken when one of them tells that the end of the log had been changed', async () => {
    store.db.run("DELETE FROM meta WHERE key = 'audit_head'");
    store.events.record('test.row', null, null);
    expect(() => store.events.retire(later(11), 10 * DAY)).toThrow('not as it was written');
    expect((await verify()).fault).toMatchObject({ row: ROWS + 1, kind: 'head' });
  });

  test('may go while the log is verified', async () => {
    store.transaction(() => {
      for (let row = 0; row < 2_500; row++) store.events.record('test.row', null, null, { row });
    });
    const verified = verify();
    store.events.retire(later(11), 10 * DAY, 2_000);
    expect(await verified).toMatchObject({ anchor: { id: 2_000 }, fault: undefined });
  });
});

test('who has not the key has nothing sealed anew: not rows of their own, and not an empty log', async () => {
  unlock();
  store.db.run("UPDATE events SET person = 'mallory', mac = NULL");
  store.db.run('DELETE FROM events WHERE id = 5');
  store.db.run("DELETE FROM meta WHERE key = 'audit_head'");
  store.events.open();
  expect(await verify()).toMatchObject({ rows: 0, fault: { row: 1, kind: 'changed' } });
  store.db.run('DELETE FROM events');
  store.events.open();
  expect((await verify()).fault).toMatchObject({ kind: 'head' });
});

test('a log that was emptied together with its key says that it was begun anew', async () => {
  unlock();
  store.db.run('DELETE FROM events');
  store.db.run("DELETE FROM meta WHERE key = 'audit_head'");
  store.db.run("DELETE FROM wrapped_keys WHERE name = 'platform:audit'");
  store.events.open();
  expect(await verify()).toMatchObject({ rows: 1, sealed: { row: 1 } });
});

test.each([0, -7])('row %i, put in before the first one, is named', async (id) => {
  store.db.run("INSERT INTO events (id, at, action, detail) VALUES (?, 1, 'app.destroy', '{}')", id);
  expect((await verify()).fault).toMatchObject({ row: id, kind: 'changed' });
  expect(() => store.events.retire(Date.now() + 10_000, 1)).toThrow('audit:verify');
});

test('a hook or a deploy key with the name of a person is not taken for that person', () => {
  const person = store.people.create('alice', false);
  const app = store.apps.create('shop', person.id, store.targetId);
  const hook = store.people.createFor(app.id, 'hook', 'alice');
  for (const { id } of [person, hook]) store.events.record('build.create', id, app.id);
  expect(store.events.page({}, 100, 2).map((row) => row.person)).toEqual(['alice (hook)', 'alice']);
  expect(store.events.page({ person: 'alice' }, 100, 9)).toHaveLength(1);
});

test('more rows than are looked at in one go are whole, too', async () => {
  store.transaction(() => {
    for (let row = 0; row < 2_500; row++) store.events.record('test.row', null, null, { row });
  });
  expect(await verify()).toMatchObject({ rows: ROWS + 2_500, fault: undefined });
});

test('what is undone leaves no row and no gap', async () => {
  expect(() =>
    store.transaction(() => {
      store.events.record('test.row', null, null);
      throw new Error('undone');
    }),
  ).toThrow('undone');
  store.events.record('test.row', null, null);
  expect(await verify()).toMatchObject({ rows: ROWS + 1, fault: undefined });
});

test('the chain goes on in another server, and only with the same master key', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sl-audit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'journal.db');
  for (let server = 1; server <= 3; server++) {
    const opened = new Store(file, new Vault(MASTER));
    opened.events.record('test.row', null, null, { server });
    expect(await verifyEvents(opened.events)).toMatchObject({ rows: server, fault: undefined });
    opened.close();
  }
  expect(() => new Store(file, new Vault(randomBytes(32)))).toThrow(/master key/);
});

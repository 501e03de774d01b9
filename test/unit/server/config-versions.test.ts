import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrations } from '../../../server/store/migrations/index.ts';
import { secrets } from '../../../server/store/migrations/005-secrets.ts';
import { Store } from '../../../server/store/store.ts';
import { DataKey, Vault } from '../../../server/store/vault.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sl-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const secret = (value: string) => ({ value, secret: true });

test('secrets are in the environment unless they are for builds or a file; every old value of one is still known', () => {
  const store = new Store(':memory:', new Vault(randomBytes(32)));
  const app = store.apps.create('shop', 'root', store.targetId);
  const first = { A: 'plain', TOKEN: secret('one'), NPM: { ...secret('npm'), build: true } };
  expect(store.configs.add(app, first, 'root')).toBe(1);
  expect(store.configs.secretsOf(app)).toEqual([
    { name: 'TOKEN', value: 'one' },
    { name: 'NPM', value: 'npm' },
  ]);
  const second = { ...store.configs.newest(app).entries, TOKEN: secret('two') };
  store.configs.add(app, { ...second, CERT: { ...secret('pem'), file: true } }, 'root');
  const newest = store.configs.newest(app);
  expect(newest.values).toEqual({ A: 'plain', TOKEN: 'two' });
  expect(newest.entries).toEqual({
    A: { value: 'plain', secret: false, since: 1 },
    TOKEN: { value: 'two', secret: true, since: 2 },
    NPM: { value: 'npm', secret: true, build: true, since: 1 },
    CERT: { value: 'pem', secret: true, file: true, since: 2 },
  });
  store.configs.add(app, { TOKEN: store.configs.at(app, 1).entries['TOKEN'] ?? '' }, 'root');
  expect(store.configs.newest(app).entries['TOKEN']).toMatchObject({ value: 'one', since: 1 });
  expect(store.configs.secretsOf(app).map(({ value }) => value)).toEqual(['one', 'npm', 'two', 'pem']);
  expect(() =>
    store.transaction(() => {
      store.configs.add(app, { X: secret('undone') }, 'root');
      store.configs.secretsOf(app);
      throw new Error('rolled back');
    }),
  ).toThrow('rolled back');
  store.configs.add(app, { X: secret('done') }, 'root');
  expect(store.configs.secretsOf(app).map(({ value }) => value)).toEqual([
    'one',
    'npm',
    'two',
    'pem',
    'done',
  ]);
  store.close();
});

test('a journal from before there were secrets opens, with its values as they were and none of them a secret', () => {
  const file = join(folder, 'journal.db');
  const master = randomBytes(32);
  const before = migrations.indexOf(secrets);
  const old = new DatabaseSync(file);
  for (const migration of migrations.slice(0, before)) old.exec(migration);
  old.exec(`PRAGMA user_version = ${before}`);
  const dataKey = randomBytes(32);
  const insert = (sql: string, ...values: (string | number | Uint8Array)[]) =>
    old.prepare(sql).run(...values);
  insert("INSERT INTO targets VALUES ('t', 'local', 'docker', 1)");
  insert(
    "INSERT INTO apps (id, name, target_id, data_key, created_by, created_at) VALUES ('app1', 'shop', 't', ?, 'root', 1)",
    new DataKey(master).seal(dataKey, 'data-key:app1'),
  );
  insert(
    "INSERT INTO config_versions VALUES ('app1', 1, ?, 'root', 1)",
    new DataKey(dataKey).seal(Buffer.from('{"A":"1","B":"x\\ny"}'), 'config:app1:1'),
  );
  old.close();
  const store = new Store(file, new Vault(master));
  const app = store.apps.require('app1');
  expect(store.configs.newest(app)).toEqual({
    version: 1,
    values: { A: '1', B: 'x\ny' },
    entries: { A: { value: '1', secret: false }, B: { value: 'x\ny', secret: false } },
  });
  store.configs.add(app, { ...store.configs.newest(app).entries, C: '2' }, 'root');
  expect(store.configs.newest(app).values).toEqual({ A: '1', B: 'x\ny', C: '2' });
  expect(store.configs.secretsOf(app)).toEqual([]);
  store.close();
});

test('a key of the platform is made once, and is the same after a restart', () => {
  const file = join(folder, 'journal.db');
  const vault = new Vault(randomBytes(32));
  const store = new Store(file, vault);
  const { bytes } = store.keys.named('audit');
  expect(store.keys.named('tokens', () => Buffer.alloc(32, 9)).bytes).toEqual(Buffer.alloc(32, 9));
  store.close();
  const again = new Store(file, vault);
  expect(again.keys.named('audit').bytes).toEqual(bytes);
  expect(again.keys.named('tokens').bytes).toEqual(Buffer.alloc(32, 9));
  again.close();
});

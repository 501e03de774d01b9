import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { DataKey, Vault } from '../../../server/store/vault.ts';

const CONFIG = Buffer.from(JSON.stringify({ DATABASE_URL: 'postgres://u:p@h/db', MULTI: 'a\nb\0ü' }));

test('what was sealed for a place opens again, with a new vault of the same master key', () => {
  const master = randomBytes(32);
  const vault = new Vault(master);
  const wrapped = vault.wrap('data-key:app1', vault.newKey());
  const box = new DataKey(vault.unwrap('data-key:app1', wrapped)).seal(CONFIG, 'config:app1:3');
  const key = new DataKey(new Vault(master).unwrap('data-key:app1', wrapped));
  expect(key.open(box, 'config:app1:3')).toEqual(CONFIG);
  expect(box.includes('postgres')).toBe(false);
});

test('a box does not open in another place, by another key, cut short, or with one changed bit', () => {
  const vault = new Vault(randomBytes(32));
  const key = new DataKey(vault.newKey());
  const box = key.seal(CONFIG, 'config:app1:3');
  const changed = Buffer.from(box);
  changed[changed.length - 1]! ^= 1;
  expect(() => key.open(box, 'config:app1:4')).toThrow();
  expect(() => key.open(changed, 'config:app1:3')).toThrow();
  expect(() => key.open(box.subarray(0, 20), 'config:app1:3')).toThrow();
  expect(() => new DataKey(vault.newKey()).open(box, 'config:app1:3')).toThrow();
});

test('a wrapped key opens under its own name and by its own master key, which an older one may be', () => {
  const old = randomBytes(32);
  const wrapped = new Vault(old).wrap('data-key:app1', Buffer.alloc(32, 7));
  const vault = new Vault(randomBytes(32), [old]);
  expect(vault.unwrap('data-key:app1', wrapped)).toEqual(Buffer.alloc(32, 7));
  expect(vault.wrap('data-key:app1', Buffer.alloc(32)).masterId).not.toBe(wrapped.masterId);
  expect(() => vault.unwrap('data-key:app2', wrapped)).toThrow();
  expect(() => new Vault(randomBytes(32)).unwrap('data-key:app1', wrapped)).toThrow(/is not here/);
  const nameless = { masterId: null, box: wrapped.box };
  expect(vault.unwrap('data-key:app1', nameless)).toEqual(Buffer.alloc(32, 7));
  expect(() => new Vault(randomBytes(32)).unwrap('data-key:app1', nameless)).toThrow(/no master key/);
});

test('a master key of the wrong size is refused', () => {
  expect(() => new Vault(randomBytes(16))).toThrow(/32 bytes/);
});

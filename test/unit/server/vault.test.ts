import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Vault } from '../../../server/store/vault.ts';

const values = { DATABASE_URL: 'postgres://u:p@h/db', MULTI: 'a\nb\0ü' };

test('what was sealed for an app and version opens again, with a new vault of the same master key', () => {
  const master = randomBytes(32);
  const vault = new Vault(master);
  const key = vault.newDataKey('app1');
  const box = vault.sealConfig('app1', key, 3, values);
  expect(new Vault(master).openConfig('app1', key, 3, box)).toEqual(values);
  expect(box.includes('postgres')).toBe(false);
});

test('a box does not open in another place: other app, other version, other master key, one changed bit', () => {
  const vault = new Vault(randomBytes(32));
  const key = vault.newDataKey('app1');
  const box = vault.sealConfig('app1', key, 3, values);
  const changed = Buffer.from(box);
  changed[changed.length - 1]! ^= 1;
  expect(() => vault.openConfig('app2', key, 3, box)).toThrow();
  expect(() => vault.openConfig('app1', key, 4, box)).toThrow();
  expect(() => vault.openConfig('app1', key, 3, changed)).toThrow();
  expect(() => new Vault(randomBytes(32)).openConfig('app1', key, 3, box)).toThrow();
});

test('a master key of the wrong size is refused', () => {
  expect(() => new Vault(randomBytes(16))).toThrow(/32 bytes/);
});

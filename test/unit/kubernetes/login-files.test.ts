import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLogins } from '../../../engines/kubernetes/registry/login-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sl-logins-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, logins: Readonly<Record<string, string>>): Promise<string> {
  const auths = Object.entries(logins).map(([host, login]) => [host, { auth: btoa(login) }] as const);
  await writeFile(join(folder, name), JSON.stringify({ auths: Object.fromEntries(auths) }));
  return join(folder, name);
}

test('of several files each gives its logins, the first where two name a registry', async () => {
  const own = await file('own.json', { 'registry.local:5000': 'sluice:one' });
  const more = await file('more.json', { 'ghcr.io': 'acme:two', 'registry.local:5000': 'other:three' });
  const loginOf = await readLogins([own, more]);
  expect(loginOf('registry.local:5000')).toEqual({ username: 'sluice', secret: 'one' });
  expect(loginOf('ghcr.io')).toEqual({ username: 'acme', secret: 'two' });
  expect(loginOf('quay.io')).toBeUndefined();
});

test('no file is no login; one that is not there is said', async () => {
  expect((await readLogins([]))('ghcr.io')).toBeUndefined();
  await expect(readLogins([join(folder, 'none.json')])).rejects.toThrow('none.json');
});

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const checkout = path.resolve(import.meta.dirname, '../../..');
/** In containers these are not for a person to choose. */
const DECIDED = new Set([
  'SLUICE_DATA_DIR',
  'SLUICE_BUILDER_NAME',
  'SLUICE_REDIS_URL',
  'SLUICE_HAPROXY',
  'SLUICE_ROUTER_STOP_HAPROXY',
]);

interface Service {
  readonly environment?: Readonly<Record<string, string | null>>;
}

async function services(): Promise<Record<string, Service>> {
  const text = await readFile(path.join(checkout, 'docker-compose.yml'), 'utf8');
  return (parse(text, { merge: true }) as { services: Record<string, Service> }).services;
}

/** Names in the first column of the tables about the platform's parts. */
async function documented(): Promise<string[]> {
  const page = await readFile(path.join(checkout, 'docs/settings.md'), 'utf8');
  const [before = ''] = page.split('## The `sluice` command');
  // Compose is one machine.
  const parts = before.replace(/^## Parts on several machines$[^]*?^(?=## )/m, '');
  return [...parts.matchAll(/^\| `(SLUICE_[A-Z_]+)`/gm)].map(([, name = '']) => name);
}

test('each setting in docs/settings.md can be set for Compose, and no other', async () => {
  const passedOn = Object.values(await services()).flatMap(({ environment = {} }) =>
    Object.entries(environment).flatMap(([name, value]) => (value === null ? [name] : [])),
  );
  // Its socket is mounted, at the usual place.
  const wanted = (await documented()).filter((name) => !DECIDED.has(name) && name !== 'SLUICE_DOCKER_SOCKET');
  expect(wanted.length).toBeGreaterThan(15);
  expect([...new Set(passedOn)].sort()).toEqual(wanted.sort());
});

test('the master key is given to the server alone', async () => {
  const holders = Object.entries(await services())
    .filter(([, { environment = {} }]) => 'SLUICE_MASTER_KEY' in environment)
    .map(([name]) => name);
  expect(holders).toEqual(['server']);
});

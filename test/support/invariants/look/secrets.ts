import { globSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Platform } from '../../platform.ts';
import type { SecretFact } from '../facts.ts';
import type { Engine } from './engine.ts';

/** Sizes and times of files that held no secret when they were read last, by platform folder and number of secrets. */
const clean = new Map<string, string>();

/** Where a secret stands in plain text: files of the platform, and containers of apps that it is not of. */
export async function leaks(
  platform: Platform,
  engine: Engine,
  secrets: readonly SecretFact[],
): Promise<string[]> {
  if (secrets.length === 0) return [];
  const { paths } = platform;
  const files = globSync([
    `${platform.folder}/*.log`,
    `${paths.journal}*`,
    `${paths.root}/{logs,redis,router,run,builder}/**`,
  ]);
  const found = await Promise.all(files.map(async (file) => ((await holds(file, secrets)) ? [file] : [])));
  const containers = (await engine.environments()).flatMap(({ app, env }) =>
    secrets.some((secret) => secret.appId !== app && env.includes(secret.value))
      ? [`the environment of a container of the app ${app}`]
      : [],
  );
  return [...found.flat(), ...containers];
}

async function holds(file: string, secrets: readonly SecretFact[]): Promise<boolean> {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) return false;
  const state = `${stat.size} ${stat.mtimeMs} ${secrets.length}`;
  if (clean.get(file) === state) return false;
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const leaked = secrets.some((secret) => forms(secret.value).some((form) => bytes.includes(form)));
  if (!leaked) clean.set(file, state);
  return leaked;
}

/** As it is, and as a log may show it. */
function forms(secret: string): string[] {
  return [
    secret,
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('hex'),
  ];
}

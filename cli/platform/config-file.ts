import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failed } from '../failure.ts';

/** What `sluice setup` remembers for this person: where the platform is, and how to know it. */
export interface SavedPlatform {
  readonly host: string;
  readonly fingerprint?: string;
}

/** @returns undefined when there is no such file. @throws Failure when it is not what setup wrote */
export async function readSavedPlatform(file: string): Promise<SavedPlatform | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = parsedObject(text);
  if (parsed === undefined || typeof parsed['host'] !== 'string') {
    throw failed(
      'bad_config_file',
      `${file} does not name a platform`,
      `Write {"host": "ssh://sluice@host:port"} in it, or remove it`,
    );
  }
  const fingerprint = parsed['fingerprint'];
  return { host: parsed['host'], ...(typeof fingerprint === 'string' ? { fingerprint } : {}) };
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

export async function savePlatform(file: string, platform: SavedPlatform): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(platform, null, 2)}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}

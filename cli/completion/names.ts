import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../api/problem.ts';
import type { Context } from '../context.ts';
import { LISTS, type List } from './lists.ts';
import type { Candidate, NameKind } from './wanted.ts';

/** How long a person waits for a list at most, in milliseconds; what is known from before is shown then. */
const LIMIT_MS = 1_500;
/** For so long a list is taken as it is, in milliseconds: a person who types Tab three times asks once. */
const FRESH_MS = 10_000;

interface Kept {
  readonly at: number;
  readonly candidates: readonly Candidate[];
}

/** Names from the platform, or those that it gave last when it does not answer in time. Nothing is thrown. */
export async function names(context: Context, of: NameKind): Promise<readonly Candidate[]> {
  const list = LISTS[of];
  const about = await Promise.all([list.ofApp ? context.app() : '', context.platform()]).catch(
    () => undefined,
  );
  if (about === undefined) return [];
  const folder = join(context.settings.cacheFolder, 'completion');
  const key = createHash('sha256')
    .update(JSON.stringify([of, ...about]))
    .digest('hex')
    .slice(0, 32);
  const file = join(folder, `${key}.json`);
  const kept = await readKept(file);
  const now = context.now().getTime();
  if (kept && Math.abs(now - kept.at) < FRESH_MS) return kept.candidates;
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), LIMIT_MS);
  const candidates = await Promise.race([ask(context, list).catch(() => undefined), late.promise]);
  clearTimeout(timer);
  if (candidates === undefined) return kept?.candidates ?? [];
  await keep(folder, file, { at: now, candidates }).catch(() => undefined);
  return candidates;
}

async function ask(context: Context, { ask: from, ofApp }: List): Promise<Candidate[]> {
  return from(await context.api(), ofApp ? await context.app() : '');
}

async function readKept(file: string): Promise<Kept | undefined> {
  try {
    const read: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isKept(read) ? read : undefined;
  } catch {
    return undefined; // None yet, or one of another version.
  }
}

function isKept(read: unknown): read is Kept {
  if (!isObject(read) || typeof read['at'] !== 'number' || !Array.isArray(read['candidates'])) return false;
  return read['candidates'].every(
    (one: unknown) =>
      isObject(one) &&
      typeof one['word'] === 'string' &&
      (one['description'] === undefined || typeof one['description'] === 'string'),
  );
}

async function keep(folder: string, file: string, kept: Kept): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const next = `${file}.${process.pid}`;
  await writeFile(next, JSON.stringify(kept), { mode: 0o600 });
  await rename(next, file);
}

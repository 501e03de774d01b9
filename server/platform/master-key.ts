import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const BYTES = 32;

/** What the platform is told of its master key. */
export interface MasterKeyPlace {
  /** SLUICE_MASTER_KEY and SLUICE_MASTER_KEY_OLD: 64 hex digits or base64 of 32 bytes. */
  readonly masterKey?: string | undefined;
  readonly oldMasterKey?: string | undefined;
  readonly paths: { readonly masterKey: string };
}

export interface MasterKeyRing {
  /** Wraps what is new. */
  readonly current: Buffer;
  /** Those that it replaces, as long as they are there. */
  readonly older: readonly Buffer[];
  readonly source: 'environment' | 'file';
  /** The file of the current key is not yet the one that a start reads first. */
  readonly isBeingReplaced: boolean;
}

/**
 * The keys that open the journal: of SLUICE_MASTER_KEY, else of a file that is made once and readable by its owner
 * alone. A file beside it, `.next`, is of a replacement that has begun. With a key of the environment the file's is an
 * older one, so that the one can follow the other.
 * @throws Error saying what is wrong with a key
 */
export async function masterKeys(place: MasterKeyPlace): Promise<MasterKeyRing> {
  const file = place.paths.masterKey;
  if (place.masterKey !== undefined) {
    const older = [
      ...(place.oldMasterKey === undefined ? [] : [decoded(place.oldMasterKey, 'SLUICE_MASTER_KEY_OLD')]),
      ...(await keysOf([nextFile(file), file])),
    ];
    const current = decoded(place.masterKey, 'SLUICE_MASTER_KEY');
    return { current, older, source: 'environment', isBeingReplaced: false };
  }
  const [next] = await keysOf([nextFile(file)]);
  const own = (await keysOf([file]))[0] ?? decoded((await create(file)).trim(), file);
  const older =
    place.oldMasterKey === undefined ? [] : [decoded(place.oldMasterKey, 'SLUICE_MASTER_KEY_OLD')];
  return next === undefined
    ? { current: own, older, source: 'file', isBeingReplaced: false }
    : { current: next, older: [own, ...older], source: 'file', isBeingReplaced: true };
}

/** The key that wraps what is new. @throws Error saying what is wrong with it */
export async function masterKey(fromEnvironment: string | undefined, file: string): Promise<Buffer> {
  return (await masterKeys({ masterKey: fromEnvironment, paths: { masterKey: file } })).current;
}

/** A key that is to replace the one in the file: on disk before it is used. The same one when it was begun before. */
export async function beginReplacing(file: string): Promise<Buffer> {
  const next = nextFile(file);
  const [begun] = await keysOf([next]);
  return begun ?? decoded((await create(next)).trim(), next);
}

/** In one step, after which a start knows nothing of the older key. Nothing may need that any more. */
export async function endReplacing(file: string): Promise<void> {
  await rename(nextFile(file), file);
  await syncFolder(file);
}

function nextFile(file: string): string {
  return `${file}.next`;
}

async function keysOf(files: readonly string[]): Promise<Buffer[]> {
  const keys = await Promise.all(files.map(keyOf));
  return keys.filter((key) => key !== undefined);
}

async function keyOf(file: string): Promise<Buffer | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) throw new Error(`${file} can be read by others; run: chmod 600 ${file}`);
    return decoded(text.trim(), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** On disk before it is used: a key that is lost in a crash would lose every config with it. */
async function create(file: string): Promise<string> {
  const fresh = `${file}.new`;
  // Of a start that was killed here; the data folder's lock keeps other servers away.
  await rm(fresh, { force: true });
  const handle = await open(fresh, 'wx', 0o600);
  await handle.writeFile(`${randomBytes(BYTES).toString('hex')}\n`);
  await handle.sync();
  await handle.close();
  await link(fresh, file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  await rm(fresh);
  await syncFolder(file);
  return readFile(file, 'utf8');
}

async function syncFolder(file: string): Promise<void> {
  const folder = await open(dirname(file));
  await folder.sync();
  await folder.close();
}

function decoded(text: string, where: string): Buffer {
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (key.length !== BYTES)
    throw new Error(`${where} must be 64 hex digits or the base64 of 32 bytes: openssl rand -hex 32`);
  return key;
}

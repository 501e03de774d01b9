import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm, stat } from 'node:fs/promises';

const BYTES = 32;

/**
 * The key that wraps every app's data key: SLUICE_MASTER_KEY (64 hex digits or base64 of 32 bytes), else a file that
 * is made once and readable by its owner alone.
 * @throws Error saying what is wrong with it
 */
export async function masterKey(fromEnvironment: string | undefined, file: string): Promise<Buffer> {
  if (fromEnvironment !== undefined) return decoded(fromEnvironment, 'SLUICE_MASTER_KEY');
  const text = await readFile(file, 'utf8').catch(async (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return create(file);
  });
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) throw new Error(`${file} can be read by others; run: chmod 600 ${file}`);
  return decoded(text.trim(), file);
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
  return readFile(file, 'utf8');
}

function decoded(text: string, where: string): Buffer {
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (key.length !== BYTES)
    throw new Error(`${where} must be 64 hex digits or the base64 of 32 bytes: openssl rand -hex 32`);
  return key;
}

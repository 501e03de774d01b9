import { randomBytes } from 'node:crypto';
import { open, readFile, link, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import ssh2 from 'ssh2';
import { generateHostKey } from './openssh-key.ts';

/**
 * The Ed25519 host key, in OpenSSH's format: made once, kept for ever, as every client remembers it. Two processes
 * that make it at the same time end with the same one.
 * @throws when the file cannot be read, is no private key, or others may read it
 */
export async function hostKey(file: string): Promise<string> {
  const kept = await read(file);
  if (kept !== undefined) return kept;
  const made = `${file}.${randomBytes(6).toString('hex')}`;
  const text = generateHostKey('sluice');
  const handle = await open(made, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // link, not rename: the first one there stays.
    await link(made, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(made);
  }
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return (await read(file)) ?? text;
}

async function read(file: string): Promise<string | undefined> {
  let text: string;
  try {
    const handle = await open(file, 'r');
    try {
      const { mode } = await handle.stat();
      if ((mode & 0o077) !== 0) throw new Error(`${file} can be read by others: chmod 600 ${file}`);
      text = await readFile(handle, 'utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw new Error(`${file} is no private key: ${key.message}`, { cause: key });
  return text;
}

import { mkdir, statfs } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';

const NFS_MAGIC = 0x6969;
const SQLITE_BUSY = 5;

/** A lock that nobody refers to would be collected, and its file closed: the lock would be gone. */
const held = new Set<DatabaseSync>();

/**
 * Makes sure that this is the only server on the data folder. The system drops the lock with the process, however it
 * ends, so nothing has to be cleaned up after a crash.
 * @returns how to give it back
 * @throws Error when another server holds it, the folder is on NFS, where SQLite's locks cannot be trusted, or is full
 */
export async function lockDataFolder(folder: string): Promise<() => void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await statfs(folder)).type === NFS_MAGIC) {
    throw new Error(`${folder} is on NFS; set SLUICE_DATA_DIR to a folder on a local disk`);
  }
  const lock = new DatabaseSync(`${folder}/server.lock`);
  try {
    lock.exec('PRAGMA busy_timeout=0; PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new Error(`another server runs on ${folder}; stop it first, or choose another SLUICE_DATA_DIR`, {
      cause: error,
    });
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    lock.close();
  };
}

import { DatabaseSync } from 'node:sqlite';

/**
 * Holds a data folder for this process. SQLite's file lock is the kernel's, so it ends with the process,
 * however that dies, and it also holds between containers that share the folder.
 * @throws Error when another router holds it
 */
export function holdLock(file: string): () => void {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new Error(`another router already runs on this data folder (${file} is locked)`, { cause: error });
  }
  return () => {
    database.close();
  };
}

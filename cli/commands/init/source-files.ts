import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** Installed things, which say nothing of what the app is written in. */
const SKIPPED = new Set(['node_modules', 'venv', 'vendor', '__pycache__']);
/** As deep as templates look. */
const DEPTH = 3;
const MOST = 20_000;

/** Paths of a folder's files, with `/`, three folders deep; hidden and installed folders are left out. */
export async function sourceFiles(root: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (found.length >= MOST) return;
      const path = posix.join(folder, entry.name);
      if (entry.isFile()) found.push(path);
      else if (
        entry.isDirectory() &&
        depth < DEPTH &&
        !entry.name.startsWith('.') &&
        !SKIPPED.has(entry.name)
      ) {
        await walk(path, depth + 1);
      }
    }
  };
  await walk('', 1);
  return found;
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What `stat` counts in. */
const BLOCK = 512;

/** Bytes that all files below a folder take on disk; it may change meanwhile. */
export async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (found) => (found.isFile() ? Math.max(found.size, found.blocks * BLOCK) : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

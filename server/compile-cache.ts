import { statfsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import type { DataPaths } from '../core/paths.ts';

/** Bytes that must be free for it; the server's modules take some 6 MB. */
const ROOM = 64 * 1024 * 1024;

/**
 * Has Node keep in the data folder what it compiles, where that is on a disk with room. On a full one it would take the last
 * bytes, and of each module that does not fit leave an open file and an empty one behind (seen in Node 26).
 * @param room bytes that must be free
 */
export function keepCompiled({ root, compiled }: DataPaths, room = ROOM): void {
  if (freeBytes(root) >= room) enableCompileCache(compiled);
}

/** @returns 0 where there is no such folder yet: whether it may be one is found out later */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

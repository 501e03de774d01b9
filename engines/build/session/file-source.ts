import { crc32 } from 'node:zlib';
import type { TreeEntry } from '../context/tar-scanner.ts';

/** A folder as BuildKit sees it: entries in walk order, and their content. */
export interface FileSource {
  readonly entries: readonly TreeEntry[];
  content(entry: TreeEntry): AsyncIterable<Buffer>;
}

/** A folder of files that exist only in memory. */
export function filesInMemory(files: Readonly<Record<string, string>>): FileSource {
  const contents = new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));
  const entries = [...contents].map(([path, bytes]): TreeEntry => ({
    path,
    kind: 'file',
    mode: 0o644,
    size: bytes.length,
    mtime: 0,
    link: '',
    offset: 0,
    checksum: crc32(bytes),
  }));
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    entries,
    async *content(entry) {
      yield contents.get(entry.path) as Buffer;
    },
  };
}

/**
 * What a request that names the paths it is after needs to see. Only plain files at the top are picked out (that is
 * how .dockerignore and Dockerfiles are asked for); anything else, such as a symlink to follow, gets the whole folder.
 */
export function following(source: FileSource, paths: readonly string[]): readonly TreeEntry[] {
  const simple = paths.every((path) => {
    if (path === '' || /[*?[\\/]/.test(path)) return false;
    const entry = source.entries.find((candidate) => candidate.path === path);
    return entry === undefined || entry.kind === 'file';
  });
  if (paths.length === 0 || !simple) return source.entries;
  return source.entries.filter((entry) => paths.includes(entry.path));
}

import type { ReadFile } from '../../core/manifest/manifest.ts';
import type { GitObjects } from './git-objects.ts';
import { isFolder, isLink, parseTree, type TreeEntry } from './git-tree.ts';

/** Larger files are no configuration; they count as not there. */
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_LINKS = 8;

/** Reads files of one commit by path, following links that stay inside it. Trees are read once. */
export function commitFiles(root: string, objects: GitObjects): ReadFile {
  const trees = new Map<string, Promise<readonly TreeEntry[]>>();

  function entriesOf(oid: string): Promise<readonly TreeEntry[]> {
    let entries = trees.get(oid);
    if (entries === undefined) {
      entries = objects.contents(oid).then((tree) => (tree ? parseTree(tree.content, oid.length / 2) : []));
      objects.flush();
      trees.set(oid, entries);
    }
    return entries;
  }

  async function blob(oid: string): Promise<string | undefined> {
    const asked = objects.info(oid);
    objects.flush();
    const info = await asked;
    if (info === undefined || info.size > MAX_FILE_BYTES) return undefined;
    const read = objects.contents(oid);
    objects.flush();
    return (await read)?.content.toString('utf8');
  }

  async function readFile(path: string, links: number): Promise<string | undefined> {
    const parts = normal(path);
    if (parts === undefined || parts.length === 0) return undefined;
    let folder = root;
    for (const [index, part] of parts.entries()) {
      const entry = (await entriesOf(folder)).find(({ name }) => name === part);
      if (entry === undefined) return undefined;
      const last = index === parts.length - 1;
      if (isLink(entry)) {
        if (links === 0) return undefined;
        const target = await blob(entry.oid);
        if (target === undefined || target.startsWith('/')) return undefined;
        const rest = [...parts.slice(0, index), target, ...parts.slice(index + 1)];
        return readFile(rest.join('/'), links - 1);
      }
      if (last) return entry.mode.startsWith('100') ? blob(entry.oid) : undefined;
      if (!isFolder(entry)) return undefined;
      folder = entry.oid;
    }
    return undefined;
  }

  return (path) => readFile(path, MAX_LINKS);
}

/** The path's parts without `.` and `..`; undefined when it leaves the root. */
function normal(path: string): string[] | undefined {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts;
}

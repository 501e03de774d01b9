import { IgnoreRules } from './ignore-rules.ts';
import type { TreeEntry } from './tar-scanner.ts';

/**
 * What of a commit BuildKit may see: the entries below the context folder, less what .dockerignore names, with
 * every parent folder, in the order that BuildKit wants.
 * @param rulesText .dockerignore's text as bytes (latin1), as names are; undefined when there is none
 */
export function selectContext(
  entries: readonly TreeEntry[],
  folder: string,
  rulesText: string | undefined,
): TreeEntry[] {
  const inside = below(entries, folder);
  const rules = rulesText === undefined ? undefined : new IgnoreRules(withoutMark(rulesText));
  const kept = rules === undefined ? inside : inside.filter((entry) => !rules.ignores(entry.path));
  return inWalkOrder(withParents(kept));
}

/** Entries of the context folder with paths relative to it; `.` is the whole tree. */
function below(entries: readonly TreeEntry[], folder: string): readonly TreeEntry[] {
  const name = Buffer.from(folder, 'utf8')
    .toString('latin1')
    .replace(/^(?:\.?\/)+/, '')
    .replace(/\/+$/, '');
  if (name === '' || name === '.') return entries;
  const prefix = `${name}/`;
  return entries
    .filter((entry) => entry.path.startsWith(prefix))
    .map((entry) => Object.assign({}, entry, { path: entry.path.slice(prefix.length) }));
}

/** git keeps no folders, so a tree may hold files whose folders have no entry. */
function withParents(entries: readonly TreeEntry[]): TreeEntry[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  for (const entry of entries) {
    const parts = entry.path.split('/');
    for (let depth = parts.length - 1; depth > 0; depth--) {
      const path = parts.slice(0, depth).join('/');
      if (byPath.has(path)) break;
      byPath.set(path, {
        path,
        kind: 'directory',
        mode: 0o755,
        size: 0,
        mtime: entry.mtime,
        link: '',
        offset: 0,
        checksum: 0,
      });
    }
  }
  return [...byPath.values()];
}

/** A folder comes before what is in it and that before its next sibling: `/` sorts below every other byte. */
function inWalkOrder(entries: readonly TreeEntry[]): TreeEntry[] {
  const keyed = entries.map((entry) => ({ entry, key: entry.path.replaceAll('/', '\0') }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ entry }) => entry);
}

/** Editors on Windows put a byte order mark first. */
function withoutMark(text: string): string {
  return text.startsWith('\u00ef\u00bb\u00bf') ? text.slice(3) : text;
}

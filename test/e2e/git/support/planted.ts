import { execFileSync } from 'node:child_process';
import type { Clone } from './rig.ts';

export interface PlantedEntry {
  readonly mode: string;
  readonly name: string;
  readonly oid: string;
}

/** Writes a tree object as it stands, without git's own checks. */
function writeTree(clone: Clone, entries: readonly PlantedEntry[]): string {
  const sorted = entries.toSorted((a, b) => Buffer.compare(sortKey(a), sortKey(b)));
  const content = Buffer.concat(
    sorted.flatMap(({ mode, name, oid }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]),
  );
  return execFileSync('git', ['hash-object', '--literally', '-w', '-t', 'tree', '--stdin'], {
    cwd: clone.folder,
    input: content,
    encoding: 'utf8',
  }).trim();
}

/** git sorts folders as if their names ended with a slash. */
function sortKey({ mode, name }: PlantedEntry): Buffer {
  return Buffer.from(mode === '40000' ? `${name}/` : name);
}

function commitTree(clone: Clone, tree: string): string {
  return clone.git('commit-tree', '-m', 'planted', tree);
}

/** A commit with the entries of HEAD's root and these. */
export function plantTree(clone: Clone, entries: readonly PlantedEntry[]): string {
  const root = clone
    .git('ls-tree', 'HEAD')
    .split('\n')
    .map((line) => {
      const [head = '', name = ''] = line.split('\t');
      const [mode = '', , oid = ''] = head.split(' ');
      return { mode: mode.replace(/^0/, ''), name, oid };
    });
  return commitTree(clone, writeTree(clone, [...root, ...entries]));
}

/** A commit of `width` to the power of `depth` files, with one tree object a level. */
export function plantBomb(clone: Clone, depth: number, width: number): string {
  const blob = clone.git('rev-parse', 'HEAD:Dockerfile');
  const names = Array.from({ length: width }, (_, i) => `d${i}`);
  let tree = writeTree(
    clone,
    names.map((name) => ({ mode: '100644', name, oid: blob })),
  );
  for (let level = 1; level < depth; level += 1) {
    const below = tree;
    tree = writeTree(
      clone,
      names.map((name) => ({ mode: '40000', name, oid: below })),
    );
  }
  return plantTree(clone, [{ mode: '40000', name: 'bomb', oid: tree }]);
}

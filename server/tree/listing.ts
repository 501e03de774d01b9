import { Refusal } from '../../core/reason.ts';
import type { GitEnv } from './git.ts';
import { git, GitError } from './git.ts';

export interface TreeEntry {
  readonly kind: 'file' | 'executable' | 'symlink' | 'submodule';
  readonly id: string;
  /** From the root of its repository; bytes, as git names are. */
  readonly path: Buffer;
}

/** Bytes of a listing: half a million files of ordinary names. */
const MAX_LISTING = 64 * 1024 * 1024;
const [SPACE, TAB] = [0x20, 0x09];

/**
 * Every file of a commit, in git's order.
 * @param commit a full commit id
 * @throws Refusal `tree_too_large`, or `hostile_tree` when a name would lead out of the tree or into `.git`
 */
export async function listTree(repository: string, commit: string, env: GitEnv): Promise<TreeEntry[]> {
  let listing: Buffer;
  try {
    listing = await git(
      repository,
      ['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', commit],
      env,
      MAX_LISTING,
    );
  } catch (error) {
    if (!(error instanceof GitError) || !error.message.includes('wrote more than')) throw error;
    throw new Refusal(
      422,
      'tree_too_large',
      'The commit has too many files',
      'keep generated files out of git: see .gitignore',
    );
  }
  const entries: TreeEntry[] = [];
  for (let start = 0; start < listing.length;) {
    const end = listing.indexOf(0, start);
    entries.push(readEntry(listing.subarray(start, end)));
    start = end + 1;
  }
  return entries;
}

/** `100644 blob <id>\t<path>` */
function readEntry(record: Buffer): TreeEntry {
  const tab = record.indexOf(TAB);
  const mode = record.toString('latin1', 0, record.indexOf(SPACE));
  const id = record.toString('latin1', record.lastIndexOf(SPACE, tab) + 1, tab);
  const path = record.subarray(tab + 1);
  refuseHostilePath(path);
  return { kind: kindOf(mode), id, path };
}

function kindOf(mode: string): TreeEntry['kind'] {
  if (mode === '120000') return 'symlink';
  if (mode === '160000') return 'submodule';
  // Old trees have 100664 and others; git itself looks at nothing but the owner's execute bit.
  return (Number.parseInt(mode, 8) & 0o100) === 0 ? 'file' : 'executable';
}

function refuseHostilePath(path: Buffer): void {
  for (const part of path.toString('latin1').split('/')) {
    if (part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git') continue;
    throw new Refusal(
      422,
      'hostile_tree',
      `The commit holds a path that git would not check out: ${JSON.stringify(path.toString())}`,
      'make the commit again with an ordinary git',
    );
  }
}

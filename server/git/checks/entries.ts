import { refuse } from '../refusals.ts';
import { isSubmodule, type TreeEntry } from '../git-tree.ts';
import { printable } from '../terminal.ts';
import type { Reason } from '../../../core/reason.ts';

/** Something in a tree that fsck lets pass and a build should not meet. */
export interface Fault {
  readonly code: 'odd_mode' | 'embedded_repository' | 'submodule_path' | 'lfs_pointer';
  /** From the tree that was asked about. */
  readonly path: string;
  readonly mode: string;
}

/** 100664 stands in old histories: git wrote it until 2005 and still reads it as 100644. */
const MODES = new Set(['100644', '100755', '100664', '120000', '40000', '160000']);
const CONTROL = /[\u0000-\u001f\u007f]/;

/** What is wrong with one entry that is not a folder. */
export function entryFault(entry: TreeEntry, isPointer: boolean): Fault | undefined {
  const fault = { path: entry.name, mode: entry.mode };
  if (!MODES.has(entry.mode)) return { code: 'odd_mode', ...fault };
  if (isSubmodule(entry) && CONTROL.test(entry.name)) return { code: 'submodule_path', ...fault };
  return isPointer ? { code: 'lfs_pointer', ...fault } : undefined;
}

/** A folder that holds HEAD, objects and refs is a repository to git (is_git_directory), with its hooks and config. */
export function treeFault(entries: readonly TreeEntry[]): Fault | undefined {
  const names = new Set(entries.map(({ name }) => name));
  if (!names.has('HEAD') || !names.has('objects') || !names.has('refs')) return undefined;
  return { code: 'embedded_repository', path: '', mode: '40000' };
}

export function checkEntries(fault: Fault | undefined): Reason | undefined {
  if (fault === undefined) return undefined;
  const path = printable(fault.path) || '.';
  return refuse(fault.code, { path, mode: fault.mode });
}

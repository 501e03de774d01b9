import { refuse } from '../refusals.ts';
import { printable } from '../terminal.ts';
import type { Reason } from '../../../core/reason.ts';
import type { Climb, TreeSummary } from '../tree-summary.ts';

/**
 * How far a link's target climbs above the folder that holds the link, read as text; undefined when it stays.
 * @param target undefined: longer than any system follows
 */
export function climbOf(name: string, target: string | undefined): Climb | undefined {
  if (target === undefined) return { levels: Infinity, path: name, target: '(longer than 4,096 bytes)' };
  if (target.startsWith('/')) return { levels: Infinity, path: name, target };
  let depth = 0;
  let lowest = 0;
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    lowest = Math.min(lowest, depth);
  }
  return lowest < 0 ? { levels: -lowest, path: name, target } : undefined;
}

/** Links that leave the repository: what is left to climb at its root. */
export function checkLinks({ climb }: TreeSummary): Reason | undefined {
  if (climb === undefined) return undefined;
  return refuse('symlink_leaves_tree', { path: printable(climb.path), target: printable(climb.target) });
}

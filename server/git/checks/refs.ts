import { refuse } from '../refusals.ts';
import { printable } from '../terminal.ts';
import { isZero, type RefCommand } from '../push-commands.ts';
import type { Reason } from '../../../core/reason.ts';

const HEADS = 'refs/heads/';
const TAGS = 'refs/tags/';
const RESERVED = /^refs\/(?:sluice|builds)(?:\/|$)/;

/** Which refs a push may touch: the deploy branch, and tags. */
export function checkRefs(commands: readonly RefCommand[], deployBranch: string): Reason | undefined {
  for (const { ref, next } of commands) {
    const shown = printable(ref);
    if (RESERVED.test(ref)) return refuse('reserved_ref', { ref: shown, branch: deployBranch });
    if (!ref.startsWith(HEADS) && !ref.startsWith(TAGS)) {
      return refuse('unsupported_ref', { ref: shown, branch: deployBranch });
    }
    if (ref.startsWith(HEADS) && isZero(next)) {
      return refuse('deletion', { ref: printable(ref.slice(HEADS.length)) });
    }
  }
  const branches = commands
    .filter(({ ref }) => ref.startsWith(HEADS))
    .map(({ ref }) => ref.slice(HEADS.length));
  if (branches.length > 1) {
    return refuse('several_branches', {
      count: branches.length,
      names: branches.slice(0, 5).map(printable).join(', ') + (branches.length > 5 ? ', …' : ''),
      branch: deployBranch,
    });
  }
  const [name] = branches;
  if (name === undefined || name === deployBranch) return undefined;
  return refuse('wrong_branch', { name: printable(name), branch: deployBranch });
}

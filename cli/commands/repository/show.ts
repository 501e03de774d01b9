import type { LinkedRepository, RepositoryCheck } from '../../../core/contracts/resources.ts';
import type { Context } from '../../context.ts';

const LOGINS: Record<LinkedRepository['login'], string> = {
  none: 'none: anyone may read it',
  'deploy-key': 'deploy key',
  token: 'token',
};

export function showRepository({ out }: Context, linked: LinkedRepository): void {
  out.facts([
    ['URL', linked.url],
    ['Branch', linked.branch],
    ['Login', LOGINS[linked.login]],
    ['Deploy key', linked.publicKey],
    ['Host key', linked.hostKeys?.join(', ')],
    ['Commit statuses', linked.statuses ? (linked.provider ?? 'yes') : 'no'],
    ['Linked by', linked.person],
    ['Linked', out.time(linked.createdAt)],
  ]);
}

/** @returns the exit code */
export function showCheck({ out }: Context, check: RepositoryCheck): number {
  if (check.ok) {
    out.result(`It can be read${check.commit === undefined ? '' : `: its branch is at ${check.commit}`}`);
    return 0;
  }
  out.warn(check.reason?.message ?? 'it cannot be read');
  for (const line of check.reason?.detail ?? []) out.progress(line);
  if (check.reason?.hint !== undefined) out.progress(check.reason.hint);
  return 1;
}

import { Commit, type Filter, ignored, otherBranch, shaped, type Wish } from './wish.ts';

export const BRANCH = 'refs/heads/';
/** What GitHub Actions itself leaves out, and the same word for deploys. https://docs.github.com/en/actions */
const SKIP = /\[(?:skip ci|ci skip|no ci|skip actions|actions skip|skip deploy|deploy skip)\]/i;

/** A push, as GitHub and GitLab tell of it. @param after undefined: the branch was removed */
export function pushed(ref: string, after: string | undefined, message: string, filter: Filter): Wish {
  if (!ref.startsWith(BRANCH)) return ignored('not_a_branch', `${ref} is not a branch: tags deploy nothing`);
  const branch = ref.slice(BRANCH.length);
  if (branch !== filter.branch) return otherBranch(`branch ${branch}`, filter);
  if (after === undefined || /^0+$/.test(after)) {
    return ignored('branch_deleted', `branch ${branch} was deleted: what is live stays`);
  }
  if (SKIP.test(message)) return ignored('skip_asked', 'the message of its newest commit asks to skip this');
  return { deploy: { commit: shaped(Commit, 'push', after), ref } };
}

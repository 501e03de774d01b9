import type { Authorized } from '../../core/contracts/internal.ts';
import type { Reason } from '../../core/reason.ts';
import { checkConfigFiles } from './checks/config-files.ts';
import { checkEntries } from './checks/entries.ts';
import { checkLimits } from './checks/limits.ts';
import { checkLinks } from './checks/links.ts';
import { checkSubmodules } from './checks/submodules.ts';
import { commitFiles } from './commit-files.ts';
import type { GitObjects } from './git-objects.ts';
import { refuse } from './refusals.ts';
import type { SummaryCache } from './tree-summary.ts';
import { surveyTree } from './tree-survey.ts';

/**
 * Decides all about a commit's files that can be decided without a build, cheapest first.
 * @returns why it is refused; undefined: it is not
 * @throws ObjectReadError when the repository cannot be read
 */
export async function checkCommit(
  commit: string,
  app: Pick<Authorized, 'deployBranch' | 'limits'>,
  objects: GitObjects,
  cache: SummaryCache,
): Promise<Reason | undefined> {
  const asked = Promise.all([objects.info(commit), objects.contents(`${commit}^{tree}`)]);
  objects.flush();
  const [head, tree] = await asked;
  if (head?.type !== 'commit') {
    return refuse('not_a_commit', {
      oid: commit.slice(0, 12),
      type: head?.type ?? 'missing object',
      branch: app.deployBranch,
    });
  }
  if (tree === undefined) return refuse('unreadable_tree', { oid: commit.slice(0, 12) });
  const survey = await surveyTree(tree.oid, objects, app.limits, cache);
  if ('refusal' in survey) return survey.refusal;
  const wrongTree =
    checkLimits(commit, survey.summary, app.limits) ??
    checkLinks(survey.summary) ??
    checkEntries(survey.summary.fault);
  if (wrongTree !== undefined) return wrongTree;
  const readFile = commitFiles(tree.oid, objects);
  return (await checkSubmodules(readFile)) ?? (await checkConfigFiles(readFile));
}

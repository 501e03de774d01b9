import { globSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { DataPaths } from '../../../../core/paths.ts';
import { must, run } from '../../command.ts';
import type { AppFacts } from '../facts.ts';
import type { JournalApp } from './journal.ts';

const HIDDEN = 'refs/sluice/builds/';

/** A repository by git itself. */
export async function repositoryFacts(
  paths: DataPaths,
  app: JournalApp,
): Promise<Pick<AppFacts, 'branch' | 'hiddenRefs' | 'damage' | 'locks'>> {
  const repository = `${paths.repositories}/${app.id}.git`;
  const git = ['--git-dir', repository];
  const refs = (await must('git', [...git, 'for-each-ref', '--format=%(refname) %(objectname)']))
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' ') as [string, string]);
  const checked = await run('git', [...git, 'fsck', '--connectivity-only', '--no-dangling', '--no-progress']);
  return {
    branch: refs.find(([ref]) => ref === `refs/heads/${app.deployBranch}`)?.[1],
    hiddenRefs: refs.flatMap(([ref, commit]) =>
      ref.startsWith(HIDDEN) ? [{ build: ref.slice(HIDDEN.length), commit }] : [],
    ),
    damage: checked.code === 0 ? [] : checked.output.split('\n').filter(Boolean),
    locks: globSync(`${repository}/**/*.lock`),
  };
}

/** Command lines of git processes that work on a repository of this installation. */
export async function gitProcesses(paths: DataPaths): Promise<string[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    numbers.map(async (pid) =>
      (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim(),
    ),
  );
  return lines.filter(
    (line) => /^(\S*\/)?git\S* .*(receive|upload)-pack/.test(line) && line.includes(paths.repositories),
  );
}

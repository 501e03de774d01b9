import { Refusal } from '../../../core/reason.ts';
import type { GitEnv } from '../git.ts';
import { git, GitError } from '../git.ts';

const MAX_BYTES = 256 * 1024;

/**
 * URLs by path of `.gitmodules` at a commit; empty when there is none. Only `path` and `url` mean something here:
 * the commit says which revision, so `branch` and `update` do not.
 * @throws Refusal `submodule_refused` when the file cannot be read as git config
 */
export async function readGitmodules(
  repository: string,
  commit: string,
  env: GitEnv,
): Promise<Map<string, string>> {
  const sections = new Map<string, { path?: string; url?: string }>();
  for (const [key, value] of await readConfig(repository, commit, env)) {
    const [, name, field] = /^submodule\.([^]*)\.(path|url)$/.exec(key) ?? [];
    if (name === undefined || (field !== 'path' && field !== 'url')) continue;
    const section = sections.get(name) ?? {};
    section[field] = value;
    sections.set(name, section);
  }
  const urls = new Map<string, string>();
  for (const { path, url } of sections.values()) {
    if (path !== undefined && url !== undefined) urls.set(path.replace(/\/+$/, ''), url);
  }
  return urls;
}

async function readConfig(repository: string, commit: string, env: GitEnv): Promise<[string, string][]> {
  let listing: Buffer;
  try {
    const args = ['config', '-z', '--no-includes', `--blob=${commit}:.gitmodules`, '--list'];
    listing = await git(repository, args, env, MAX_BYTES);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    // git's words when the commit has no such file.
    if (error.stderr.includes('unable to resolve config blob')) return [];
    throw new Refusal(
      422,
      'submodule_refused',
      'The file .gitmodules cannot be read',
      'check it with `git config --file .gitmodules --list`',
      error.stderr.split('\n').filter((line) => line !== ''),
    );
  }
  return listing
    .toString('utf8')
    .split('\0')
    .filter((record) => record !== '')
    .map((record) => {
      const end = record.indexOf('\n');
      return end < 0 ? [record, ''] : [record.slice(0, end), record.slice(end + 1)];
    });
}

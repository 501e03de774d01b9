import { Refusal } from '../../core/reason.ts';
import { git, type GitEnv } from './git.ts';

/**
 * An older git ignores http.curloptResolve in silence, and would resolve a host a second time.
 * @param what needs it, at the beginning of a sentence
 * @throws Refusal 422 `git_too_old`
 */
export async function refuseOldGit(env: GitEnv, what: string): Promise<void> {
  const version = (await git('.', ['--version'], env, 1024)).toString();
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? [];
  if (Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 37)) return;
  throw new Refusal(
    422,
    'git_too_old',
    `${what} need git 2.37 or newer; this server has ${version.trim()}`,
    'ask the admin to update git',
  );
}

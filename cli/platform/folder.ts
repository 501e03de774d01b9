import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parseRemote } from './address.ts';

const exec = promisify(execFile);

export const REMOTE = 'platform';

/** The root of the git repository that the folder is in; undefined when there is none. */
export async function repositoryRoot(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    if ((await stat(join(at, '.git')).catch(() => undefined)) !== undefined) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** The URL of the `platform` remote of the folder's repository. */
export async function remoteUrl(folder: string): Promise<string | undefined> {
  const root = await repositoryRoot(folder);
  if (root === undefined) return undefined;
  // isomorphic-git reads a plain .git folder; worktrees, submodules and included files are git's own business.
  const config = await readFile(join(root, '.git', 'config'), 'utf8').catch(() => undefined);
  if (config === undefined || /^\s*\[\s*include/im.test(config)) return gitRemoteUrl(folder);
  const [{ default: git }, fs] = await Promise.all([import('isomorphic-git'), import('node:fs')]);
  const remotes = await git.listRemotes({ fs, dir: root });
  const url = remotes.find((remote) => remote.remote === REMOTE)?.url;
  if (url === undefined) return undefined;
  // What is no address as it stands may be an alias of `url.<base>.insteadOf`, which only git resolves.
  return url.includes('://') && parseRemote(url) !== undefined ? url : gitRemoteUrl(folder);
}

async function gitRemoteUrl(folder: string): Promise<string | undefined> {
  try {
    const { stdout } = await exec('git', ['remote', 'get-url', REMOTE], { cwd: folder });
    return stdout.trim() || undefined;
  } catch {
    return undefined; // No such remote, or no git: `sluice doctor` tells which.
  }
}

/** Adds the `platform` remote, or changes its URL. @throws what git says */
export async function setRemote(folder: string, url: string): Promise<'added' | 'changed'> {
  const has = await exec('git', ['config', '--get', `remote.${REMOTE}.url`], { cwd: folder }).then(
    () => true,
    () => false,
  );
  await exec('git', ['remote', has ? 'set-url' : 'add', REMOTE, url], { cwd: folder });
  return has ? 'changed' : 'added';
}

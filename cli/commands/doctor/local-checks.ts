import type { Context } from '../../context.ts';
import { Failure } from '../../failure.ts';
import type { SshAddress } from '../../platform/address.ts';
import { REMOTE, remoteUrl, repositoryRoot } from '../../platform/folder.ts';
import type { Platform } from '../../platform/locate.ts';
import { parseRemote } from '../../platform/address.ts';
import { fails, passes, type Check } from './check.ts';
import { programOutput } from './program-output.ts';
import { sshChecks } from './ssh-checks.ts';

/** What can be seen without the platform. */
export async function localChecks(context: Context): Promise<Check[]> {
  const platform = await located(context);
  return [
    await gitCheck(),
    ...(await remoteChecks(context)),
    ...(platform instanceof Failure
      ? [fails('platform address', platform.reason.message, platform.reason.hint ?? '')]
      : [passes('platform address', `${platform.kind}, from ${platform.from}`)]),
    ...(isSsh(platform) ? await sshChecks(context.settings, platform) : []),
  ];
}

function isSsh(platform: Platform | Failure): platform is SshAddress & Platform {
  return !(platform instanceof Failure) && platform.kind === 'ssh';
}

async function located(context: Context): Promise<Platform | Failure> {
  try {
    return await context.platform();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** 2.18 is the oldest whose protocol carries push options and version 2 well. */
async function gitCheck(): Promise<Check> {
  const said = await programOutput('git', ['--version']);
  const [, version, major, minor] = /version ((\d+)\.(\d+)\S*)/.exec(said ?? '') ?? [];
  if (version === undefined)
    return fails('git', 'git was not found', 'Install it: https://git-scm.com/downloads');
  if (Number(major) < 2 || (Number(major) === 2 && Number(minor) < 18)) {
    return fails('git', `git ${version} is older than 2.18`, 'Update it: https://git-scm.com/downloads');
  }
  return passes('git', version);
}

async function remoteChecks({ folder }: Context): Promise<Check[]> {
  if ((await repositoryRoot(folder)) === undefined) return [];
  const url = await remoteUrl(folder);
  const name = 'git remote';
  if (url === undefined) {
    return [fails(name, `this repository has no remote "${REMOTE}"`, 'sluice git:remote -a NAME')];
  }
  if (parseRemote(url) === undefined) {
    return [fails(name, `"${url}" is not the ssh address of an app`, 'sluice git:remote -a NAME')];
  }
  return [passes(name, url)];
}

import type { GitRequest } from './git-request.ts';
import { gitArgv, gitEnvironment } from './git-command.ts';
import { feed, startGit } from './git-process.ts';
import { passErrors } from './pass-errors.ts';

/** Clone and fetch: stock `git upload-pack` between the client and the repository. @returns its exit code */
export async function uploadPack(request: GitRequest): Promise<number> {
  const { app, channel, output, gone, hooks, path, protocol } = request;
  const git = startGit(gitArgv('git-upload-pack', app, hooks), gitEnvironment(path, protocol), 0, gone);
  void feed(channel, git.stdin);
  const told = passErrors(git.stderr, output);
  for await (const chunk of git.stdout as AsyncIterable<Buffer>) await output.write(chunk);
  await told;
  return git.exited;
}

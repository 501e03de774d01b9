import { define } from '../../command.ts';
import { failed, messageOf, misuse } from '../../failure.ts';
import { REMOTE, repositoryRoot, setRemote } from '../../platform/folder.ts';

export const command = define({
  summary: `Point this folder's git remote "${REMOTE}" at an app`,
  examples: ['git:remote -a hello'],
  json: '{remote, url}',
  arguments: {},
  options: {},
  async run({ api, app, out, folder }) {
    if ((await repositoryRoot(folder)) === undefined) {
      throw misuse('this folder is in no git repository', 'Type: git init');
    }
    const { gitUrl, deployBranch } = await (await api()).call('getApp', { params: { app: await app() } });
    const done = await setRemote(folder, gitUrl).catch((cause: unknown) => {
      throw failed('git_failed', `git could not set the remote: ${messageOf(cause).trim()}`);
    });
    out.show({ remote: REMOTE, url: gitUrl }, () => {
      out.result(`The git remote "${REMOTE}" is ${done}: ${gitUrl}`);
      out.detail(`Deploy: git push ${REMOTE} ${deployBranch}`);
    });
  },
});

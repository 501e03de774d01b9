import { argument, define } from '../../command.ts';
import { REMOTE, repositoryRoot, setRemote } from '../../platform/folder.ts';

export const command = define({
  summary: 'Make an app, and a git remote for it in this folder',
  details: `In a git repository it adds the remote "${REMOTE}", so that "git push ${REMOTE} main" deploys.`,
  examples: ['apps:create hello', 'apps:create hello --host ssh://sluice@paas.example.com:2222'],
  json: 'App',
  arguments: { name: argument('name', '1 to 30 of a-z, 0-9 and "-"; it becomes the host name') },
  options: {},
  async run({ api, out, folder }, { name }) {
    const app = await (await api()).call('createApp', { body: { name } });
    const inRepository = (await repositoryRoot(folder)) !== undefined;
    const done = inRepository ? await setRemote(folder, app.gitUrl) : undefined;
    out.show(app, () => {
      out.result(`${app.name} is made: ${app.url}`);
      if (done === undefined) out.detail(`In its git repository: git remote add ${REMOTE} ${app.gitUrl}`);
      else out.detail(`The git remote "${REMOTE}" is ${done}: ${app.gitUrl}`);
      out.detail(`Deploy: git push ${REMOTE} ${app.deployBranch}`);
    });
  },
});

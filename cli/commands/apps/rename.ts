import { argument, define } from '../../command.ts';
import { REMOTE, setRemote } from '../../platform/folder.ts';
import { platformRemote } from '../../platform/locate.ts';

export const command = define({
  summary: 'Give an app another name, and with it another URL',
  details: 'Nothing restarts. The old URL and git address go on working until another app takes the name.',
  examples: ['apps:rename shop', 'apps:rename shop -a hello'],
  json: 'App',
  arguments: { name: argument('name', 'the new name') },
  options: {},
  async run({ api, app, out, folder }, { name }) {
    const client = await api();
    const before = await client.call('getApp', { params: { app: await app() } });
    const renamed = await client.call('renameApp', { params: { app: before.id }, body: { name } });
    const remote = await platformRemote(folder);
    // Only this app's: the folder may be of another one.
    const follows = remote !== undefined && [before.name, before.id].includes(remote.app);
    const moved =
      follows &&
      (await setRemote(folder, renamed.gitUrl).then(
        () => true,
        () => false,
      ));
    out.show(renamed, () => {
      out.result(`${before.name} is ${renamed.name} now: ${renamed.url}`);
      if (moved) out.detail(`The git remote "${REMOTE}" follows: ${renamed.gitUrl}`);
      else out.detail(`In its folder: sluice git:remote -a ${renamed.name}`);
      out.detail(`Undo: sluice apps:rename ${before.name} -a ${renamed.name}`);
    });
  },
});

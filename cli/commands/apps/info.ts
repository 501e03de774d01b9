import { define } from '../../command.ts';

export const command = define({
  summary: 'One app: what is live, where, since when',
  examples: ['apps:info', 'apps:info -a hello'],
  json: 'App',
  arguments: {},
  options: {},
  async run({ api, app, out }) {
    const info = await (await api()).call('getApp', { params: { app: await app() } });
    out.show(info, () =>
      out.facts([
        ['Name', info.name],
        ['URL', info.live?.web === false ? undefined : info.url],
        ['Live', info.live === undefined ? 'nothing yet' : `v${info.live.release}`],
        ['Commit', info.live?.commit],
        ['Maintenance', info.maintenance ? 'on: visitors get a page with status 503' : undefined],
        ['Since', info.live === undefined ? undefined : out.time(info.live.since)],
        ['Domains', info.domains.join(', ')],
        ['Git', info.gitUrl],
        ['Deploy branch', info.deployBranch],
        ['Made', `${out.time(info.createdAt)} by ${info.createdBy}`],
        ['Your role', info.role],
        ['Id', info.id],
      ]),
    );
  },
});

import { define } from '../../command.ts';
import { collect } from '../../pages.ts';

export const command = define({
  summary: 'Apps that you may see',
  examples: ['apps', 'apps --json'],
  json: 'App[]',
  arguments: {},
  options: {},
  async run({ api, out }) {
    const client = await api();
    const apps = await collect(Number.POSITIVE_INFINITY, (query) => client.call('listApps', { query }));
    out.show(apps, () =>
      out.table(
        ['NAME', 'LIVE', 'SINCE', 'ROLE', 'URL'],
        apps.map(({ name, live, role, url }) => [
          name,
          live === undefined ? '-' : `v${live.release}`,
          out.time(live?.since),
          role,
          url,
        ]),
        'No apps yet. Type: sluice apps:create NAME',
      ),
    );
  },
});

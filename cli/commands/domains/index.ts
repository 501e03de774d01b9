import { define } from '../../command.ts';

export const command = define({
  summary: 'Hosts of an app',
  examples: ['domains'],
  json: 'Domain[]',
  arguments: {},
  options: {},
  async run({ api, app, out }) {
    const { items } = await (await api()).call('listDomains', { params: { app: await app() } });
    out.show(items, () =>
      out.table(
        ['HOST', 'KIND'],
        items.map(({ host, kind }) => [host, kind]),
        'No domains. Type: sluice domains:add www.example.com',
      ),
    );
  },
});

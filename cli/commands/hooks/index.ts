import { define } from '../../command.ts';

export const command = define({
  summary: 'Web hooks of an app: who outside may have it deployed',
  examples: ['hooks', 'hooks -a shop'],
  json: 'Hook[]',
  arguments: {},
  options: {},
  async run({ api, app, out }) {
    const { items } = await (await api()).call('listHooks', { params: { app: await app() } });
    out.show(items, () =>
      out.table(
        ['HOOK', 'FROM', 'BRANCH', 'STATE', 'LAST', 'URL'],
        items.map(({ name, kind, branch, enabled, lastDelivery, url }) => [
          name,
          kind,
          branch,
          enabled ? 'on' : 'off',
          lastDelivery === undefined ? '-' : `${lastDelivery.state} ${out.time(lastDelivery.receivedAt)}`,
          url,
        ]),
        'No hooks. Type: sluice hooks:create --from github',
      ),
    );
  },
});

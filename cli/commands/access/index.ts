import { define } from '../../command.ts';

export const command = define({
  summary: 'Who may do what with an app',
  examples: ['access', 'access -a hello --json'],
  json: 'Member[]',
  arguments: {},
  options: {},
  async run({ api, app, out }) {
    const { items } = await (await api()).call('listMembers', { params: { app: await app() } });
    out.show(items, () =>
      out.table(
        ['PERSON', 'ROLE'],
        items.map(({ person, role }) => [person, role]),
        'Only admins. Type: sluice access:add PERSON deployer',
      ),
    );
  },
});

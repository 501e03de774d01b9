import { define } from '../../command.ts';

export const command = define({
  summary: 'The people of this platform, and what they may do (admins)',
  details: 'A person is added with their first key: sluice keys:add KEYFILE --person NAME',
  examples: ['users'],
  json: 'Person[]',
  arguments: {},
  options: {},
  async run({ api, out }) {
    const { items } = await (await api()).call('listPeople', {});
    out.show(items, () =>
      out.table(
        ['NAME', 'ADMIN', 'APPS', 'KEYS', 'TOKENS', 'LAST SEEN', 'ADDED'],
        items.map((person) => [
          person.name,
          person.admin ? 'admin' : '',
          person.apps.map(({ app, role }) => `${app} (${role})`).join(', '),
          String(person.keys),
          String(person.tokens),
          person.lastUsedAt === undefined ? 'never' : out.time(person.lastUsedAt),
          out.time(person.createdAt),
        ]),
        'Nobody yet. Type: sluice keys:add KEYFILE --person NAME',
      ),
    );
  },
});

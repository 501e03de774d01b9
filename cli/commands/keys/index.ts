import { define } from '../../command.ts';

export const command = define({
  summary: 'SSH keys that the platform knows: yours, or all for an admin',
  examples: ['keys'],
  json: 'Key[]',
  arguments: {},
  options: {},
  async run({ api, out }) {
    const { items } = await (await api()).call('listKeys', {});
    out.show(items, () =>
      out.table(
        ['PERSON', 'FINGERPRINT', 'ALGORITHM', 'COMMENT', 'ADDED', 'LAST USED', 'FROM'],
        items.map((key) => [
          key.person,
          key.fingerprint,
          key.algorithm,
          key.comment,
          out.time(key.createdAt),
          key.lastUsedAt === undefined ? 'never' : out.time(key.lastUsedAt),
          key.lastUsedFrom ?? '',
        ]),
        'No keys. Type: sluice keys:add',
      ),
    );
  },
});

import { define } from '../../command.ts';
import { mayOf } from './may.ts';

export const command = define({
  summary: 'Tokens for machines: yours, or all for an admin',
  examples: ['tokens', 'tokens --json'],
  json: 'Token[]',
  arguments: {},
  options: {},
  async run({ api, out }) {
    const { items } = await (await api()).call('listTokens', {});
    out.show(items, () =>
      out.table(
        ['PERSON', 'NAME', 'MAY', 'EXPIRES', 'LAST USED', 'FROM', 'MADE'],
        items.map((token) => [
          token.person,
          token.name,
          mayOf(token),
          token.expiresAt === undefined ? 'never' : out.time(token.expiresAt),
          token.lastUsedAt === undefined ? 'never' : out.time(token.lastUsedAt),
          token.lastUsedFrom ?? '',
          out.time(token.createdAt),
        ]),
        'No tokens. Type: sluice tokens:create',
      ),
    );
  },
});

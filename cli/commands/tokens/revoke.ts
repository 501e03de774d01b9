import { argument, define } from '../../command.ts';

export const command = define({
  summary: 'Revoke a token; it is refused at once',
  examples: ['tokens:revoke ci'],
  json: '{revoked}',
  arguments: { token: argument('token', 'its name, or its id, as `sluice tokens --json` shows it') },
  options: {},
  async run({ api, out }, { token }) {
    await (await api()).call('revokeToken', { params: { token } });
    out.show({ revoked: token }, () => out.result(`The token ${token} is revoked`));
  },
});

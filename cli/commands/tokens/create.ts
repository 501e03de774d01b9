import { ROLES } from '../../../core/roles.ts';
import { define, text, value } from '../../command.ts';
import { seconds } from '../../durations.ts';
import { role } from '../../roles.ts';
import { mayOf } from './may.ts';

export const command = define({
  summary: 'Make a token for a machine; it is shown once',
  details:
    'It may do what you may, unless you hold it to apps (-a, more than once for several) or to a role at most. It ends after 90 days unless you say otherwise. No token makes tokens or keys.',
  examples: [
    'tokens:create --name ci -a shop --role deployer',
    'tokens:create --name report -a shop -a blog --role viewer --expires 7d',
    'tokens:create --name backup --role viewer --expires never',
  ],
  json: 'CreatedToken',
  arguments: {},
  choices: { role: ROLES },
  options: {
    name: text('--name <name>', 'what you will know it by'),
    role: value('--role <role>', 'the most that it is in any app: viewer, deployer, owner', role, undefined),
    expires: value('--expires <time>', '30d, 12h, or never', life, undefined),
    person: text('--person <person>', 'whose it is, when it is not yours (admins)'),
  },
  async run(context, options) {
    const { out, namedApps: apps } = context;
    const body = {
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(apps.length === 0 ? {} : { apps: [...apps] }),
      ...(options.role === undefined ? {} : { role: options.role }),
      ...(options.expires === undefined ? {} : { expiresIn: options.expires }),
      ...(options.person === undefined ? {} : { person: options.person }),
    };
    const made = await (await context.api()).call('createToken', { body });
    out.show(made, () => {
      out.progress(`The token ${made.name} of ${made.person}, ${mayOf(made)}, shown this once:`);
      out.raw(made.token);
      out.progress(made.expiresAt === undefined ? 'It does not expire' : `Expires: ${made.expiresAt}`);
      out.progress('Use it: SLUICE_URL=https://… SLUICE_TOKEN=slt_… sluice …');
      out.progress(`Undo: sluice tokens:revoke ${made.id}`);
    });
  },
});

function life(given: string): number | 'never' {
  return given === 'never' ? 'never' : seconds(given);
}

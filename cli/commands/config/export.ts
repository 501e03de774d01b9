import { formatEnvFile } from '../../../core/config/env-file.ts';
import { define, flag } from '../../command.ts';
import { typeNext } from '../../hints.ts';
import { shellQuoted } from '../../render/shell.ts';

export const command = define({
  summary: 'The config as a .env file, which config:import reads',
  details: 'Secrets are not in it: the platform shows their values to nobody.',
  examples: ['config:export > .env', 'config:export --json', 'eval "$(sluice config:export --shell)"'],
  json: '{[key]: string}',
  arguments: {},
  options: {
    envFile: flag('--env-file', 'as a .env file; the default'),
    shell: flag('-s, --shell', 'as `export KEY=value` lines for a shell'),
  },
  async run(context, { shell }) {
    const { out } = context;
    const params = { app: await context.app() };
    const { values, secrets } = await (await context.api()).call('getConfig', { params });
    if (context.json) return out.show(values, () => undefined);
    const keys = Object.keys(values).toSorted();
    await out.bytes(
      shell
        ? keys.map((key) => `export ${key}=${shellQuoted(values[key] ?? '')}\n`).join('')
        : formatEnvFile(values),
    );
    if (secrets.length > 0)
      out.progress(`Without the secrets ${secrets.join(', ')} (${typeNext(context, 'secrets')})`);
  },
});

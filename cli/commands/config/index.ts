import { define, flag } from '../../command.ts';
import { typeNext } from '../../hints.ts';
import { shellQuoted } from '../../render/shell.ts';
import { showStaged } from './staged.ts';

export const command = define({
  summary: 'The config of an app',
  examples: ['config', 'config -a hello --json'],
  json: '{version, values: {[key]: string}, secrets: string[], staged?: StagedConfig}',
  details: 'Secrets are named, and their values are shown to nobody. Also says what is staged.',
  arguments: {},
  options: { shell: flag('-s, --shell', 'as KEY=value lines that a shell can read') },
  async run(context, { shell }) {
    const { out } = context;
    const config = await (await context.api()).call('getConfig', { params: { app: await context.app() } });
    const rows = Object.entries(config.values).toSorted(([a], [b]) => (a < b ? -1 : 1));
    out.show(config, () => {
      if (shell) for (const [key, value] of rows) out.raw(`${key}=${shellQuoted(value)}`);
      else out.table(['KEY', 'VALUE'], rows, 'No config yet. Type: sluice config:set KEY=VALUE');
      if (config.secrets.length > 0)
        out.progress(`Secrets: ${config.secrets.join(', ')} (${typeNext(context, 'secrets')})`);
      showStaged(context, config.staged);
    });
  },
});

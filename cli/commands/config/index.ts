import { define, flag } from '../../command.ts';
import { shellQuoted } from '../../render/shell.ts';

export const command = define({
  summary: 'The config of an app',
  examples: ['config', 'config -a hello --json'],
  json: '{version, values}',
  arguments: {},
  options: { shell: flag('-s, --shell', 'as KEY=value lines that a shell can read') },
  async run({ api, app, out }, { shell }) {
    const { values, version } = await (await api()).call('getConfig', { params: { app: await app() } });
    const rows = Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
    out.show({ version, values }, () => {
      if (shell) for (const [key, value] of rows) out.raw(`${key}=${shellQuoted(value)}`);
      else out.table(['KEY', 'VALUE'], rows, 'No config yet. Type: sluice config:set KEY=VALUE');
    });
  },
});

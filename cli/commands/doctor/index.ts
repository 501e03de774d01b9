import { define } from '../../command.ts';
import { Exit } from '../../failure.ts';
import { localChecks } from './local-checks.ts';
import { platformChecks } from './platform-checks.ts';

export const command = define({
  summary: 'What is missing, here and on the platform, and the command that mends it',
  examples: ['doctor', 'doctor --host ssh://sluice@paas.example.com:2222'],
  json: '{checks}: Check[]',
  arguments: {},
  options: {},
  async run(context) {
    const { out, terminal } = context;
    const checks = [...(await localChecks(context)), ...(await platformChecks(context))];
    out.show({ checks }, () => {
      if (!terminal.interactive) {
        out.table(
          [],
          checks.map(({ name, ok, message, fix }) => [ok ? 'ok' : 'FAILS', name, message, fix ?? '']),
          '',
        );
        return;
      }
      for (const { name, ok, message, fix } of checks) {
        out.line(`${ok ? 'ok    ' : 'FAILS '} ${name}: ${message}`);
        if (!ok && fix !== undefined) out.line(`         ${fix}`);
      }
    });
    return checks.every(({ ok }) => ok) ? Exit.done : Exit.failed;
  },
});

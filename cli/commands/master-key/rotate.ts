import { define } from '../../command.ts';
import { showMasterKey } from './index.ts';

export const command = define({
  summary: "Replace the platform's master key while it runs, on its own machine",
  details:
    'Makes a new key, wraps with it every key that seals config and secrets, proves that each of them opens by the ' +
    'new key alone, and only then removes the old one. After a crash the next start goes on. ' +
    'A backup of the journal from before is opened by the old master.key alone: keep that with it.',
  examples: ['master-key:rotate'],
  json: 'MasterKey',
  arguments: {},
  options: {},
  local: true,
  async run(context) {
    const { out } = context;
    const state = await (await context.api()).call('rotateMasterKey', {});
    if (!context.json) {
      out.result('The master key is replaced, and nothing needs the old one');
      out.detail('Keep a copy of the new master.key away from the journal; older backups need the old one');
    }
    showMasterKey(context, state);
  },
});

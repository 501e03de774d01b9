import type { MasterKey } from '../../../core/contracts/resources.ts';
import { define } from '../../command.ts';
import type { Context } from '../../context.ts';

export const command = define({
  summary: "Which master key opens the platform's journal, on its own machine",
  details:
    'Says whether another one is still needed, as after a change of SLUICE_MASTER_KEY. Never shows the key.',
  examples: ['master-key'],
  json: 'MasterKey',
  arguments: {},
  options: {},
  local: true,
  async run(context) {
    showMasterKey(context, await (await context.api()).call('getMasterKey', {}));
  },
});

export function showMasterKey({ out }: Context, state: MasterKey): void {
  const { id, source, keys, waiting } = state;
  out.show(state, () =>
    out.facts([
      ['Master key', id],
      ['From', source === 'file' ? 'the file master.key of the data folder' : 'SLUICE_MASTER_KEY'],
      ['Keys it opens', String(keys)],
      ['Keys that need another', waiting === 0 ? '0: no other master key is needed' : String(waiting)],
    ]),
  );
}

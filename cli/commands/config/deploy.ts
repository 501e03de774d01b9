import { define, flag } from '../../command.ts';
import { failed } from '../../failure.ts';
import { typeNext } from '../../hints.ts';
import { showChange } from './change.ts';

export const command = define({
  summary: 'Release what is staged',
  details: 'What was set with --no-release, or in a change whose release did not go live.',
  examples: ['config:deploy', 'config:deploy --now'],
  json: '{version, release}: Release',
  arguments: {},
  options: {
    now: flag('--now', 'live as soon as it is healthy, without a canary'),
    detach: flag('--detach', 'end once it is accepted'),
  },
  async run(context, { now, detach }) {
    const app = await context.app();
    const api = await context.api();
    const changed = await api.call('setConfig', { params: { app }, body: { values: {}, now } });
    if (changed.release === undefined) {
      throw failed(
        'nothing_staged',
        `nothing is staged on ${app}: what is live has the newest config, or nothing is live yet`,
        `Type: ${typeNext(context, 'config')}`,
      );
    }
    const how = { now, detach, noRelease: false };
    await showChange(context, app, changed, { text: 'Released what was staged' }, how);
  },
});

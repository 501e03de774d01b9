import { define, flag, optional } from '../../command.ts';
import { followRelease } from '../../follow/follow.ts';
import { releaseNumber } from '../../numbers.ts';

export const command = define({
  summary: 'Make image and config of an older release live again',
  details:
    'Without a release: the one that was live before. It is a new release; how to undo it is said at its end. ' +
    'Ctrl-C ends the waiting, not the rollback.',
  examples: ['rollback', 'rollback v12', 'rollback v12 --canary'],
  json: 'Release',
  arguments: { release: optional('release', 'such as v12', releaseNumber) },
  options: {
    canary: flag('--canary', 'by the canary steps of that release instead of at once'),
    detach: flag('--detach', 'end once it is accepted'),
  },
  async run(context, { release, canary, detach }) {
    const app = await context.app();
    const api = await context.api();
    const { live } = await api.call('getApp', { params: { app } });
    const made = await api.call('rollback', {
      params: { app },
      body: { canary, ...(release === undefined ? {} : { release }) },
    });
    for (const warning of made.warnings ?? []) context.out.warn(warning);
    const undo = live === undefined ? 'rollback' : `rollback v${live.release}`;
    await followRelease(context, app, made, { detach, undo, asJson: (ended) => ended });
  },
});

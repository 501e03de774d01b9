import { define, optional } from '../../command.ts';
import { releaseNumber } from '../../numbers.ts';
import { steer } from './steer.ts';

export const command = define({
  summary: 'End a rollout and give its traffic back',
  details: 'Without a release: the one under way. What is live stays live.',
  examples: ['rollouts:abort', 'rollouts:abort v12'],
  json: 'Rollout',
  arguments: { release: optional('release', 'such as v12', releaseNumber) },
  options: {},
  run: (context, { release }) =>
    steer(context, 'abortRollout', release, ({ release: number, live, reason }) => {
      const { out } = context;
      out.result(`The rollout of v${number} is aborted`);
      out.detail(live === undefined ? 'Nothing is live yet' : `v${live} stays live`);
      if (reason?.hint !== undefined) out.detail(`To start again: ${reason.hint}`);
    }),
});

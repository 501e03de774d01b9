import { define, optional } from '../../command.ts';
import { typeNext } from '../../hints.ts';
import { releaseNumber } from '../../numbers.ts';
import { steer } from './steer.ts';

export const command = define({
  summary: 'Give a release all traffic without waiting for more evidence',
  details: 'Without a release: the one under way.',
  examples: ['rollouts:promote', 'rollouts:promote v12'],
  json: 'Rollout',
  arguments: { release: optional('release', 'such as v12', releaseNumber) },
  options: {},
  run: (context, { release }) =>
    steer(context, 'promoteRollout', release, (rollout) => {
      const { out } = context;
      const how =
        rollout.state === 'starting' ? 'gets all traffic as soon as it is healthy' : 'takes over all traffic';
      out.result(`v${rollout.release} ${how}`);
      out.detail(`Follow: ${typeNext(context, `rollouts:show v${rollout.release} -f`)}`);
      if (rollout.undo !== undefined) out.detail(`Undo: ${rollout.undo}`);
    }),
});

import { define, optional } from '../../command.ts';
import { typeNext } from '../../hints.ts';
import { releaseNumber } from '../../numbers.ts';
import { stateWords } from '../../render/rollout.ts';
import { steer } from './steer.ts';

export const command = define({
  summary: 'Keep a rollout where it is',
  details:
    'Without a release: the one under way. It keeps its share of the traffic, goes on being watched, and still goes back ' +
    'at once when it is clearly worse.',
  examples: ['rollouts:pause', 'rollouts:pause v12'],
  json: 'Rollout',
  arguments: { release: optional('release', 'such as v12', releaseNumber) },
  options: {},
  run: (context, { release }) =>
    steer(context, 'pauseRollout', release, (rollout) => {
      const { out } = context;
      out.result(`v${rollout.release} is ${stateWords(rollout)}`);
      out.detail('It goes on being watched, and goes back when it is worse');
      out.detail(`Undo: ${typeNext(context, `rollouts:resume v${rollout.release}`)}`);
    }),
});

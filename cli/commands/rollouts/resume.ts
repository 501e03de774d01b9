import { define, optional } from '../../command.ts';
import { typeNext } from '../../hints.ts';
import { releaseNumber } from '../../numbers.ts';
import { stateWords } from '../../render/rollout.ts';
import { steer } from './steer.ts';

export const command = define({
  summary: 'Let a rollout that is paused or held go on',
  details: 'Without a release: the one under way.',
  examples: ['rollouts:resume', 'rollouts:resume v12'],
  json: 'Rollout',
  arguments: { release: optional('release', 'such as v12', releaseNumber) },
  options: {},
  run: (context, { release }) =>
    steer(context, 'resumeRollout', release, (rollout) => {
      const { out } = context;
      out.result(`v${rollout.release} goes on: ${stateWords(rollout)}`);
      const sooner = (verb: string): string => typeNext(context, `rollouts:${verb} v${rollout.release}`);
      out.detail(`Without waiting: ${sooner('promote')}, or ${sooner('abort')}`);
      out.detail(`Follow: ${typeNext(context, `rollouts:show v${rollout.release} -f`)}`);
      out.detail(`Undo: ${typeNext(context, `rollouts:pause v${rollout.release}`)}`);
    }),
});

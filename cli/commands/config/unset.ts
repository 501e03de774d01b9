import { define, flag, rest } from '../../command.ts';
import { changeConfig } from './change.ts';

export const command = define({
  summary: 'Remove config keys; makes a release when one is live',
  examples: ['config:unset DATABASE_URL'],
  json: '{version, release}: Release; absent when nothing is live yet',
  arguments: { keys: rest('key', 'all keys become one release') },
  options: {
    now: flag('--now', 'live as soon as it is healthy, without a canary'),
    detach: flag('--detach', 'end once it is accepted'),
  },
  run: (context, { keys, now, detach }) =>
    changeConfig(context, Object.fromEntries(keys.map((key) => [key, null])), 'Removed', { now, detach }),
});

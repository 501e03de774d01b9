import { define, rest } from '../../command.ts';
import { changeConfig } from './change.ts';
import { releaseOptions } from './release-options.ts';

export const command = define({
  summary: 'Remove config keys; makes a release when one is live',
  examples: ['config:unset DATABASE_URL'],
  json: '{version, release}: Release; absent when nothing is live yet',
  arguments: { keys: rest('key', 'all keys become one release') },
  options: releaseOptions,
  run: (context, { keys, ...options }) =>
    changeConfig(
      context,
      Object.fromEntries(keys.map((key) => [key, null])),
      `Removed ${keys.join(', ')}`,
      options,
    ),
});

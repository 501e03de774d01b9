import { define, rest } from '../../command.ts';
import { changeConfig } from './change.ts';
import { releaseOptions } from './release-options.ts';

export const command = define({
  summary: 'Remove config keys; makes a release when one is live',
  examples: ['config:unset DATABASE_URL'],
  json: '{version, release?: Release, alreadyIn?: integer}: no release where nothing is live, or where that one has it already',
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

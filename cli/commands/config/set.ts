import { any, define, texts } from '../../command.ts';
import type { Context } from '../../context.ts';
import { misuse } from '../../failure.ts';
import { changeConfig } from './change.ts';
import { addFiles, addValue, splitPair, valueOfStdin } from './given-values.ts';
import { releaseOptions } from './release-options.ts';

export const command = define({
  summary: 'Set config keys; makes a release when one is live',
  details:
    'Waits until the release is live, as a push does. Ctrl-C stops the waiting, not the release. ' +
    'KEY=- reads the value from stdin, without the line end after it. Passwords and tokens belong into ' +
    'secrets:set, which shows them to nobody.',
  examples: [
    'config:set LOG_LEVEL=debug GREETING="Good morning"',
    'config:set MOTD=- < motd.txt',
    'config:set --from-file NGINX_CONF=nginx.conf LOG_LEVEL=debug',
    'config:set LOG_LEVEL=debug --no-release',
  ],
  json: '{version, release?: Release, alreadyIn?: integer}: no release where nothing is live, or where that one has it already',
  arguments: { pairs: any('KEY=VALUE', 'all pairs become one release') },
  options: {
    fromFile: texts('--from-file <KEY=PATH>', 'the value is what the file holds, to the byte'),
    ...releaseOptions,
  },
  async run(context, { pairs, fromFile, ...options }) {
    const values = await givenValues(context, pairs, fromFile);
    await changeConfig(context, values, `Set ${Object.keys(values).join(', ')}`, options);
  },
});

/** Without the word itself: it may be a secret that lost its key. */
const HOW_TO = 'To set it: sluice config:set KEY=VALUE; to remove it: sluice config:unset KEY';

async function givenValues(
  { terminal }: Context,
  pairs: readonly string[],
  files: readonly string[],
): Promise<Record<string, string>> {
  const values = new Map<string, string>();
  const stdin: string[] = [];
  for (const [index, pair] of pairs.entries()) {
    const place = `argument ${index + 1}`;
    if (!pair.includes('=') || pair.startsWith('=')) throw misuse(`${place} is not KEY=VALUE`, HOW_TO);
    const { key, value = '' } = splitPair(pair, place);
    addValue(values, key, value);
    if (value === '-') stdin.push(key);
  }
  await addFiles(values, files);
  if (values.size === 0) throw misuse('nothing to set', 'Type: sluice config:set KEY=VALUE');
  const [key, other] = stdin;
  if (other !== undefined) throw misuse(`stdin holds one value, and both ${key} and ${other} want it`);
  if (key !== undefined) values.set(key, await valueOfStdin(terminal.stdin, key));
  return Object.fromEntries(values);
}

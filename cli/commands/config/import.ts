import { define, flag, optional } from '../../command.ts';
import type { Context } from '../../context.ts';
import { changeConfig } from './change.ts';
import { namesOf, readEnvFile } from './env-file.ts';
import { releaseOptions } from './release-options.ts';

export const command = define({
  summary: 'Set all that a .env file holds, in one release',
  details:
    'KEY=value lines, also with `export`, quotes and values of several lines; a line that is not understood ' +
    'is named, and then nothing is set. Keys that are not in the file stay, unless --replace removes them. ' +
    'A key that is a secret stays one. What belongs to nobody else: secrets:import.',
  examples: [
    'config:import .env',
    'config:import - < .env',
    'sluice config:export -a one | sluice config:import -a two',
  ],
  json: '{version, release?: Release, alreadyIn?: integer}: no release where nothing is live, or where that one has it already',
  arguments: { file: optional('file', 'a .env file; "-" reads stdin') },
  options: {
    replace: flag('--replace', 'remove the keys that are not in the file; secrets stay'),
    ...releaseOptions,
  },
  async run(context, { file, replace, ...options }) {
    const values = await readEnvFile(context, file);
    const app = await context.app();
    const { version, removed } = replace ? await beside(context, app, values) : { removed: [] };
    const text = [
      `Set ${namesOf(Object.keys(values))}`,
      ...(removed.length > 0 ? [`removed ${namesOf(removed)}`] : []),
    ];
    const all = { ...values, ...Object.fromEntries(removed.map((key) => [key, null])) };
    // A key that somebody sets meanwhile was in no list of what is to go, and would stay.
    const since = version === undefined ? {} : { ifVersion: version };
    await changeConfig(context, all, text.join(', '), { ...options, ...since });
  },
});

/** Plain keys that the app has and the file has not, and the version of the config in which it has them. */
async function beside(
  context: Context,
  app: string,
  values: Record<string, string>,
): Promise<{ version?: number; removed: string[] }> {
  const config = await (await context.api()).call('getConfig', { params: { app } });
  const removed = Object.keys(config.values).filter((key) => !Object.hasOwn(values, key));
  return { version: config.version, removed };
}

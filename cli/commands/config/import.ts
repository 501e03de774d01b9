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
  json: '{version, release}: Release; absent when nothing is live yet',
  arguments: { file: optional('file', 'a .env file; "-" reads stdin') },
  options: {
    replace: flag('--replace', 'remove the keys that are not in the file; secrets stay'),
    ...releaseOptions,
  },
  async run(context, { file, replace, ...options }) {
    const values = await readEnvFile(context, file);
    const app = await context.app();
    const removed = replace ? await keysBeside(context, app, values) : [];
    const text = [
      `Set ${namesOf(Object.keys(values))}`,
      ...(removed.length > 0 ? [`removed ${namesOf(removed)}`] : []),
    ];
    const all = { ...values, ...Object.fromEntries(removed.map((key) => [key, null])) };
    await changeConfig(context, all, text.join(', '), options);
  },
});

/** Plain keys that the app has and the file has not. */
async function keysBeside(context: Context, app: string, values: Record<string, string>): Promise<string[]> {
  const config = await (await context.api()).call('getConfig', { params: { app } });
  return Object.keys(config.values).filter((key) => !Object.hasOwn(values, key));
}

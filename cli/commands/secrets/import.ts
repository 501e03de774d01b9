import { define, flag, optional } from '../../command.ts';
import { showChange } from '../config/change.ts';
import { namesOf, readEnvFile } from '../config/env-file.ts';
import { asBody, releaseOptions } from '../config/release-options.ts';
import { where } from './set.ts';

export const command = define({
  summary: 'Set all that a .env file holds as secrets, in one release',
  details: 'The file is read as by config:import. What was plain config becomes a secret.',
  examples: ['secrets:import .env.secret', 'sops -d secrets.env | sluice secrets:import -'],
  json: '{version, release?: Release, alreadyIn?: integer}: no release where nothing is live, or where that one has it already',
  arguments: { file: optional('file', 'a .env file; "-" reads stdin') },
  options: {
    build: flag('--build', 'for builds, not in the environment'),
    asFile: flag('--file', 'as files in the containers, not in the environment'),
    env: flag('--env', 'in the environment again'),
    ...releaseOptions,
  },
  async run(context, { file, build, asFile, env, ...options }) {
    const values = await readEnvFile(context, file);
    const app = await context.app();
    const body = { values, ...where({ build, file: asFile, env }), ...asBody(options) };
    const changed = await (await context.api()).call('setSecrets', { params: { app }, body });
    await showChange(
      context,
      app,
      changed,
      { text: `Set ${namesOf(Object.keys(values))}`, builds: build },
      options,
    );
  },
});

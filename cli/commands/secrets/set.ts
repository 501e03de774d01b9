import { any, define, flag, texts } from '../../command.ts';
import { misuse } from '../../failure.ts';
import { showChange } from '../config/change.ts';
import { asBody, releaseOptions } from '../config/release-options.ts';
import { givenSecrets } from './given-secrets.ts';

export const command = define({
  summary: 'Set secrets; makes a release when one is live',
  details:
    'Asks for each value, without showing it; without a terminal the value is read from stdin, without the line ' +
    'end after it. What was plain config becomes a secret. A secret is in the environment of the app; with --build ' +
    'it is only given to builds (RUN --mount=type=secret,id=NAME), with --file it is a file in the containers. ' +
    'One that is set again stays where it was.',
  examples: [
    'secrets:set DATABASE_URL',
    'pass show shop/stripe | sluice secrets:set STRIPE_KEY',
    'secrets:set --from-file TLS_KEY=key.pem --file',
    'secrets:set NPM_TOKEN --build',
  ],
  json: '{version, release?: Release, alreadyIn?: integer}: no release where nothing is live, or where that one has it already',
  arguments: { names: any('NAME', 'all of them become one release') },
  options: {
    fromFile: texts('--from-file <NAME=PATH>', 'the value is what the file holds, to the byte'),
    build: flag('--build', 'for builds, not in the environment'),
    file: flag('--file', 'as a file in the containers, not in the environment'),
    env: flag('--env', 'in the environment again'),
    ...releaseOptions,
  },
  async run(context, { names, fromFile, build, file, env, ...options }) {
    const kinds = where({ build, file, env });
    const values = await givenSecrets(context, names, fromFile);
    const app = await context.app();
    const changed = await (
      await context.api()
    ).call('setSecrets', {
      params: { app },
      body: { values, ...kinds, ...asBody(options) },
    });
    await showChange(
      context,
      app,
      changed,
      { text: `Set ${Object.keys(values).join(', ')}`, builds: build },
      options,
    );
  },
});

/** Nothing said: where each of them was. */
export function where(asked: { build: boolean; file: boolean; env: boolean }): {
  build?: boolean;
  file?: boolean;
} {
  const { build, file, env } = asked;
  if (env && (build || file))
    throw misuse('--env is the opposite of --build and --file', 'Give one or the other');
  return build || file || env ? { build, file } : {};
}

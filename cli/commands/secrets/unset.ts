import { define, rest } from '../../command.ts';
import { showChange } from '../config/change.ts';
import { asBody, releaseOptions } from '../config/release-options.ts';

export const command = define({
  summary: 'Remove secrets; makes a release when one is live',
  details:
    'Older releases keep what they had, so that a rollback brings it back: revoke what is no longer needed.',
  examples: ['secrets:unset STRIPE_KEY'],
  json: '{version, release?: Release, alreadyIn?: integer}: no release where nothing is live, or where that one has it already',
  arguments: { names: rest('name', 'all of them become one release') },
  options: releaseOptions,
  async run(context, { names, ...options }) {
    const app = await context.app();
    const body = { values: Object.fromEntries(names.map((name) => [name, null])), ...asBody(options) };
    const changed = await (await context.api()).call('setSecrets', { params: { app }, body });
    await showChange(context, app, changed, { text: `Removed ${names.join(', ')}` }, options);
  },
});

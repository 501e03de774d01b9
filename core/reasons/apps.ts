import type { ReasonText } from './reason-text.ts';

/** What apps, domains, config and processes are refused for. */
export const APPS = {
  app_not_found: {
    title: 'There is no such app, or you may not see it',
    cause: 'the name is mistyped, or nobody has given you a role in it',
    mend: '`sluice apps`; an owner gives one: `sluice access:add NAME viewer -a APP`',
  },
  app_exists: {
    title: 'An app of that name is there already',
    cause: 'another person has it',
    mend: 'take another name',
  },
  confirmation_wrong: {
    title: "The confirmation is not the app's name",
    cause: 'mistyped',
    mend: 'type it again with `--confirm APP`',
  },
  not_confirmed: {
    title: 'Nobody confirmed it',
    cause: 'a script runs it without `--confirm`',
    mend: 'add `--confirm APP`',
  },
  domain_not_found: {
    title: 'The app has no such domain',
    cause: 'mistyped',
    mend: '`sluice domains`',
  },
  domain_reserved: {
    title: 'The domain belongs to the platform',
    cause: "it ends with the platform's own domain",
    mend: 'use another one',
  },
  domain_taken: {
    title: 'Another app has that domain',
    cause: 'it was added there before',
    mend: '`sluice domains:remove HOST -a OTHER` first',
  },
  host_taken: {
    title: 'Another app answers by that host name',
    cause: "an app's own name and a domain are the same",
    mend: '`sluice domains:remove HOST -a OTHER` first, or take another name',
  },
  config_key_invalid: {
    title: 'A config key that cannot be one',
    cause: 'it has other letters than A-Z, 0-9 and _, or belongs to the platform',
    mend: 'rename it',
  },
  config_value_invalid: {
    title: 'A config value that cannot be one',
    cause: 'it holds a NUL byte',
    mend: 'take it out, or encode it',
  },
  config_too_large: {
    title: 'The config is larger than an environment may be',
    cause: 'a file is kept in a variable',
    mend: 'put it into the image or a store, and keep its address',
  },
  no_such_key: {
    title: 'The config has no such key',
    cause: 'mistyped',
    mend: '`sluice config`',
  },
  process_unknown: {
    title: 'The live release has no such process',
    cause: 'the Procfile does not name it',
    mend: '`sluice ps`',
  },
  not_a_secret: {
    title: 'That key is plain config, not a secret',
    cause: 'it was set by `sluice config:set`',
    mend: 'make it a secret: `sluice secrets:set NAME -a APP`',
  },
  secret_not_found: {
    title: 'The app has no secret of that name',
    cause: 'it was never set, or it was removed',
    mend: '`sluice secrets -a APP` lists their names',
  },
  secret_unchanged: {
    title: 'The new value of the secret is the old one',
    cause: 'the same value was given again',
    mend: 'give another one, or `sluice secrets:rotate NAME --generate -a APP`',
  },
  config_changed: {
    title: 'Somebody else changed the config meanwhile',
    cause: 'two people edited it at the same time',
    mend: 'look at it, then try again: `sluice config -a APP`',
  },
  nothing_staged: {
    title: 'Nothing is staged on the app',
    cause: 'what is live has the newest config, or nothing is live yet',
    mend: '`sluice config -a APP`',
  },
  master_key_from_environment: {
    title: 'The master key is given by SLUICE_MASTER_KEY, which the platform cannot change',
    cause: 'that is how the platform was set up',
    mend: 'set a new SLUICE_MASTER_KEY, and SLUICE_MASTER_KEY_OLD to the one before; restart the server',
  },
} as const satisfies Record<string, ReasonText>;

import type { ReasonText } from './reason-text.ts';

/** What people, keys, tokens and members are refused for. */
export const PEOPLE = {
  admin_only: {
    title: 'Only admins may do that',
    cause: 'your account is none',
    mend: 'ask an admin',
  },
  role_too_low: {
    title: 'Your role in the app is too low for it',
    cause: 'an owner has given you less',
    mend: 'ask an owner: `sluice access:add NAME deployer -a APP`',
  },
  machine_only: {
    title: "Only root on the platform's own machine may do that",
    cause: 'it was asked from elsewhere',
    mend: 'type it there, with `--local`',
  },
  already_set_up: {
    title: 'The first admin is there already',
    cause: '`sluice setup` works once',
    mend: 'an admin adds people: `sluice keys:add --person NAME FILE`',
  },
  person_exists: {
    title: 'A person of that name is there already',
    cause: 'somebody else has it',
    mend: 'take another name',
  },
  person_not_found: {
    title: 'There is no such person',
    cause: 'mistyped, or never added',
    mend: '`sluice access`; an admin adds people: `sluice keys:add --person NAME FILE`',
  },
  person_needed: {
    title: 'It is not said for whom',
    cause: "root on the platform's machine is no person",
    mend: 'add `--person NAME`',
  },
  person_unknown: {
    title: 'The person of this request is gone',
    cause: 'they were removed meanwhile',
    mend: 'ask an admin',
  },
  member_not_found: {
    title: 'That person has no role in the app',
    cause: 'it was taken away before, or the name is mistyped',
    mend: '`sluice access`',
  },
  last_owner: {
    title: 'It is the last owner of the app',
    cause: 'an app without one could be given to nobody',
    mend: 'make another one first: `sluice access:add NAME owner`',
  },
  last_key: {
    title: 'It is the last key of that person',
    cause: 'without one they could not come back',
    mend: 'add another first: `sluice keys:add FILE`',
  },
  key_exists: {
    title: 'The key is known already',
    cause: 'each key belongs to one person',
    mend: '`sluice keys`',
  },
  key_invalid: {
    title: 'That is no public key that is taken',
    cause: 'it is a private key, of an old kind, or cut',
    mend: '`ssh-keygen -t ed25519` makes one; give its .pub file',
  },
  key_not_found: {
    title: 'There is no such key',
    cause: 'mistyped',
    mend: '`sluice keys`',
  },
  key_unknown: {
    title: 'The platform does not know this key',
    cause: 'it was never added',
    mend: 'an admin adds it: `sluice keys:add --person NAME FILE`',
  },
  token_missing: {
    title: 'The request says not who asks',
    cause: 'SLUICE_TOKEN is not set',
    mend: 'set SLUICE_TOKEN, or use ssh',
  },
  token_invalid: {
    title: "The token is none of this platform's",
    cause: 'it is mistyped, has ended, or was taken back',
    mend: 'make a new one',
  },
  too_many_failures: {
    title: 'Too many wrong tokens came from this address',
    cause: 'a script goes on with an old one',
    mend: 'wait a minute, and correct the token',
  },
  deploy_key_limited: {
    title: 'A deploy key pushes to its app, clones it and follows its builds, and nothing else',
    cause: 'a job used its deploy key for something else',
    mend: 'use your own key, or a token: `sluice tokens:create`',
  },
  token_not_enough: {
    title: 'No token makes a key, another token or an admin',
    cause: 'whoever found a token could stay for ever',
    mend: 'unset SLUICE_URL and SLUICE_TOKEN, so that `sluice` uses your own SSH key',
  },
  token_limited: {
    title: 'The token is limited to some apps or to a role',
    cause: 'it was made that way, and what was asked for is beyond its limits',
    mend: 'use your own SSH key, or make a token with wider limits: `sluice tokens:create`',
  },
  token_revoked: {
    title: 'The token was revoked',
    cause: 'somebody ended it, or its person was removed',
    mend: 'make another one: `sluice tokens:create --name NAME`',
  },
  token_expired: {
    title: 'The token has expired',
    cause: 'tokens end after the time that they were made for',
    mend: 'make another one: `sluice tokens:create --name NAME`',
  },
  token_exists: {
    title: 'There is a token of that name already',
    cause: 'you made one before',
    mend: 'take another name, or end the old one: `sluice tokens:revoke NAME`',
  },
  token_not_found: {
    title: 'There is no such token',
    cause: "it was revoked, or is another person's",
    mend: '`sluice tokens` lists those that there are',
  },
  deploy_key_not_found: {
    title: 'The app has no such deploy key',
    cause: 'it was removed, or belongs to another app',
    mend: '`sluice deploy-keys -a APP`',
  },
  deploy_key_exists: {
    title: 'The key is known already',
    cause: "it is a deploy key of an app, or a person's key",
    mend: 'make one for this app alone: `ssh-keygen -t ed25519`',
  },
  last_admin: {
    title: 'That is the last admin',
    cause: 'the platform would have none left',
    mend: 'make another one first: `sluice users:set NAME --admin`',
  },
} as const satisfies Record<string, ReasonText>;

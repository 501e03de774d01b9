import type { ReasonText } from './reason-text.ts';

/** What comes by web hooks and is refused, or deploys nothing. */
export const HOOKS = {
  hook_signature_wrong: {
    title: 'There is no such hook, or the signature of the message is missing or wrong',
    cause: 'the address or the secret at the sender is not the one of the hook',
    mend: '`sluice hooks:info` shows the address; a lost secret is replaced by `sluice hooks:rotate`',
  },
  hook_message_stale: {
    title: 'The signed time of the message is more than 5 minutes from now',
    cause: 'it was sent again later, or the clock of one of the machines is wrong',
    mend: 'sign it anew when it is sent; if it was, set the clocks',
  },
  hook_resting: {
    title: 'The hook is switched off',
    cause: 'somebody typed `sluice hooks:disable`',
    mend: '`sluice hooks:enable HOOK`',
  },
  hook_body_not_json: {
    title: 'The body of the message is not JSON',
    cause: 'the sender sends a form, or the body was cut',
    mend: 'let the sender send `application/json`',
  },
  hook_body_invalid: {
    title: 'The message has not the fields of its event',
    cause: 'the hook was made for another sender, or the message was written by hand',
    mend: 'compare it with docs/web-hooks.md; the detail names each field',
  },
  hook_not_found: {
    title: 'The app has no such hook',
    cause: 'it was removed, or belongs to another app',
    mend: '`sluice hooks -a APP`',
  },
  hook_exists: {
    title: 'The app has a hook of that name already',
    cause: 'it was made before',
    mend: 'take another name, or remove the old one: `sluice hooks:remove NAME`',
  },
  delivery_not_found: {
    title: 'There is no such delivery',
    cause: 'it is older than what is kept, or of another app',
    mend: '`sluice hooks:deliveries`, or `sluice notify:deliveries`',
  },
  delivery_body_gone: {
    title: 'The message of that delivery is not kept any more',
    cause: 'messages are kept for a while only',
    mend: 'let the sender send it again',
  },
  delivery_forgotten: {
    title: 'The same message came before, too long ago for its delivery to be listed still',
    cause: 'its sender, or somebody who recorded it, sends an old message again',
    mend: 'nothing was done; to deploy its commit again: `sluice builds:create --commit COMMIT`',
  },
  delivery_id_used: {
    title: 'The id of the message was used before, with another body',
    cause: 'the sender gives the same id to several messages',
    mend: 'give each message an id of its own',
  },
  delivery_superseded: {
    title: 'A newer message came before this one was begun',
    cause: 'several pushes came at once',
    mend: 'nothing; the newest one is deployed',
  },
  too_many_messages: {
    title: 'Too many messages of a hook, or from an address',
    cause: 'a sender repeats itself, or somebody guesses',
    mend: 'send it again after `Retry-After`',
  },
  body_too_slow: {
    title: 'The body of the message came too slowly',
    cause: 'the line to the sender is bad, or somebody holds connections open',
    mend: 'send it again',
  },
  ping: {
    title: 'The sender reaches the hook, and its secret is right',
    cause: 'the sender tries a new hook',
    mend: 'nothing; push something',
  },
  event_unknown: {
    title: 'The hook deploys nothing by such an event',
    cause: 'the sender was told to send everything',
    mend: 'send only what deploys: docs/web-hooks.md',
  },
  other_branch: {
    title: 'It is about another branch than the hook deploys',
    cause: 'branches are pushed that are not deployed',
    mend: 'another hook can deploy another branch: `sluice hooks:create --branch NAME`',
  },
  not_a_branch: {
    title: 'It is about a tag, and tags deploy nothing by a push',
    cause: 'nothing is deployed by it, on purpose',
    mend: 'publish a release of it, or deploy the branch',
  },
  branch_deleted: {
    title: 'The branch was deleted; what is live stays',
    cause: 'nothing is deployed by it, on purpose',
    mend: 'nothing',
  },
  skip_asked: {
    title: 'The message of the newest commit asks to skip it',
    cause: 'nothing is deployed by it, on purpose',
    mend: 'push a commit without that',
  },
  not_completed: {
    title: 'The run has not ended yet',
    cause: 'its end is told by another message',
    mend: 'nothing; wait for its end',
  },
  not_successful: {
    title: 'The run did not succeed',
    cause: 'its tests failed there',
    mend: 'mend them, and push again',
  },
  pull_request: {
    title: 'It is about a pull or merge request, whose commit is not merged',
    cause: 'nothing is deployed by it, on purpose',
    mend: 'merge it',
  },
  not_published: {
    title: 'The release is not published',
    cause: 'nothing is deployed by it, on purpose',
    mend: 'publish it',
  },
  pre_release: {
    title: 'The release is a draft or a pre-release',
    cause: 'nothing is deployed by it, on purpose',
    mend: 'publish it as a release',
  },
  older_than_live: {
    title: 'The commit is older than what is live or on its way',
    cause: 'the run of an older commit ended later than that of a newer one',
    mend: 'to go back to it all the same: `sluice hooks:redeliver DELIVERY`, or `sluice rollback`',
  },
} as const satisfies Record<string, ReasonText>;

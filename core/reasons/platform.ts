import type { ReasonText } from './reason-text.ts';

/** What the parts of the platform tell each other. A person meets these in `sluice doctor` and in logs. */
export const PLATFORM = {
  engine_unreachable: {
    title: 'The container engine does not answer',
    cause: 'it is restarted, or its socket may not be opened',
    mend: 'it goes on by itself; an admin looks with `sluice doctor`',
  },
  router_unreachable: {
    title: 'The router does not answer',
    cause: 'it is restarted',
    mend: 'it goes on by itself; an admin looks with `sluice doctor`',
  },
  router_failed: {
    title: 'The router could not do what it was asked',
    cause: 'a fault that its log names',
    mend: 'an admin looks with `sluice doctor`',
  },
  haproxy_down: {
    title: 'HAProxy does not run',
    cause: 'it was killed, or its config was changed by hand',
    mend: 'it is started again by itself; an admin looks with `sluice doctor`',
  },
  no_slots: {
    title: 'No slot is left for another release',
    cause: 'more could not be made',
    mend: 'it goes on by itself; an admin looks with `sluice doctor`',
  },
  invalid_route: {
    title: 'A route that the router cannot serve',
    cause: 'parts of different versions',
    mend: 'bring all parts to the same version',
  },
  invalid_probe: {
    title: 'A probe that the router cannot send',
    cause: 'parts of different versions',
    mend: 'bring all parts to the same version',
  },
  too_large: {
    title: 'What a part was sent is too large',
    cause: 'parts of different versions',
    mend: 'bring all parts to the same version',
  },
  session_over: {
    title: 'The server does not know this session of a router',
    cause: 'the server was restarted',
    mend: 'nothing: the router follows anew by itself',
  },
  platform_token_wrong: {
    title: "A part's token is wrong",
    cause: 'the parts have different tokens',
    mend: 'give all parts the same token file',
  },
  attempt_over: {
    title: 'A build attempt that is over',
    cause: 'a newer one took its place',
    mend: 'nothing: it stops by itself',
  },
  attempt_token_wrong: {
    title: 'The token of a build attempt is wrong',
    cause: 'the attempt is over',
    mend: 'nothing: it stops by itself',
  },
  claim_refused: {
    title: 'A builder asked for a build that is not its turn',
    cause: 'an old message of the queue',
    mend: 'nothing: the next message is taken',
  },
} as const satisfies Record<string, ReasonText>;

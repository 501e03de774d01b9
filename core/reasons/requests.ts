import type { ReasonText } from './reason-text.ts';

/** What the HTTP API answers to a request that it cannot serve as it is. */
export const REQUESTS = {
  invalid_request: {
    title: 'A field of the request is missing or wrong',
    cause: 'a client of another version, or a slip in a script',
    mend: 'correct what is named; all fields: /v1/openapi.json',
  },
  invalid_json: {
    title: 'The body is no JSON',
    cause: 'a script builds it by hand',
    mend: 'send one JSON object, in UTF-8',
  },
  invalid_body: {
    title: 'The body cannot be read',
    cause: 'its compression is broken',
    mend: 'send it as it is',
  },
  invalid_path: {
    title: 'The path of the request is not well encoded',
    cause: 'a name was put into it as it is',
    mend: 'percent-encode it as UTF-8',
  },
  body_too_large: {
    title: 'The body is too large',
    cause: 'more was sent at once than is taken',
    mend: 'send less at once',
  },
  charset_unsupported: {
    title: 'The body is not in UTF-8',
    cause: "the client's own setting",
    mend: 'send UTF-8',
  },
  encoding_unsupported: {
    title: 'The body has a content encoding that is not known',
    cause: "the client's own setting",
    mend: 'send it as it is, or with gzip',
  },
  json_needed: {
    title: 'The body is of another type than JSON',
    cause: 'the content-type header is missing',
    mend: 'send `content-type: application/json`',
  },
  request_aborted: {
    title: 'The request ended before its body did',
    cause: 'the connection was lost',
    mend: 'send it again',
  },
  cursor_invalid: {
    title: 'The cursor of a page is none',
    cause: 'it was made up, or is of another list',
    mend: 'begin without a cursor',
  },
  idempotency_in_flight: {
    title: 'A request with this Idempotency-Key is under way',
    cause: 'the client has sent it twice',
    mend: 'wait for the first',
  },
  idempotency_key_invalid: {
    title: 'The Idempotency-Key cannot be one',
    cause: 'it is too long or holds other letters than those allowed',
    mend: 'use a UUID',
  },
  idempotency_key_reused: {
    title: 'This Idempotency-Key came with another request',
    cause: 'a key is used again',
    mend: 'use a new key for each change',
  },
  route_not_found: {
    title: 'There is no such route',
    cause: 'a client of another version, or a slip in its path',
    mend: 'all routes: /v1/openapi.json',
  },
  not_found: {
    title: 'There is nothing at that path',
    cause: 'another part of the platform was asked',
    mend: 'only paths under /v1/ are served: /v1/openapi.json',
  },
  upgrade_required: {
    title: 'The route speaks another protocol than HTTP',
    cause: '`run` was asked for without the upgrade',
    mend: 'use `sluice run`',
  },
  frame_invalid: {
    title: 'The client of `run` does not speak its protocol',
    cause: 'another version of `sluice`',
    mend: 'use the same version as the platform',
  },
  internal_error: {
    title: 'The platform failed',
    cause: 'a fault of the platform; its log has the cause under the number that is named',
    mend: 'type it again; if it fails again, give an admin that number',
  },
  rate_limited: {
    title: 'Too many requests in a short time',
    cause: 'a script asks in a tight loop, or several share one token',
    mend: 'wait as long as `Retry-After` says; follow a log or the events instead of asking again and again',
  },
  too_many_streams: {
    title: 'Too many logs and event streams are open at once',
    cause: 'each is held open by a client that follows it',
    mend: 'end some of those that you follow',
  },
  event_id_invalid: {
    title: 'That is no id of an event',
    cause: 'Last-Event-ID was made up or cut',
    mend: 'leave it out, or take the `id` of the last event',
  },
  events_gone: {
    title: 'The events after that one are not kept any more',
    cause: 'the client was away for too long',
    mend: 'begin anew without Last-Event-ID, and read the state first',
  },
  idempotency_interrupted: {
    title: 'The server went down while it did what the same key asked for',
    cause: 'a crash or restart in the middle',
    mend: 'look whether it was done, then ask again with a new key',
  },
  idempotency_answer_secret: {
    title: 'It was done, and its answer held a secret that is shown once and kept nowhere',
    cause: 'the first answer got lost on the way',
    mend: 'make it anew, and remove the one that nobody knows',
  },
  metrics_token_wrong: {
    title: 'The token for metrics is missing or wrong',
    cause: 'SLUICE_METRICS_TOKEN of the scraper and of the server differ',
    mend: 'send the right one as `Authorization: Bearer …`',
  },
  method_not_allowed: {
    title: 'The path takes another method',
    cause: 'the client sends GET for POST, or the like',
    mend: 'the `Allow` header of the answer names those it takes',
  },
} as const satisfies Record<string, ReasonText>;

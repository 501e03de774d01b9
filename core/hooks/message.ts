import { Refusal } from '../reason.ts';
import { genericMessage } from './generic.ts';
import { githubMessage } from './github.ts';
import { gitlabMessage } from './gitlab.ts';
import type { Filter, HeaderOf, HookKind, Message } from './wish.ts';

const FORM = /^application\/x-www-form-urlencoded(?:;|$)/i;

/**
 * What a message, whose signature is right, asks for. Pure.
 * @param body as it came
 * @throws Refusal 400 `hook_body_not_json`, 422 `hook_body_invalid`, `image_without_digest` or `image_invalid`
 */
export function messageOf(kind: HookKind, header: HeaderOf, body: Uint8Array, filter: Filter): Message {
  const parsed = json(kind, header('content-type') ?? '', body);
  switch (kind) {
    case 'github':
      return githubMessage(header, parsed, filter);
    case 'gitlab':
      return gitlabMessage(header, parsed, filter);
    case 'generic':
      return genericMessage(parsed);
  }
}

function json(kind: HookKind, contentType: string, body: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    // GitHub's settings offer a form first, with the same JSON in one field.
    const form = kind === 'github' && FORM.test(contentType);
    return JSON.parse(form ? (new URLSearchParams(text).get('payload') ?? '') : text) as unknown;
  } catch {
    throw new Refusal(
      400,
      'hook_body_not_json',
      'the signature is right, and the body is not JSON in UTF-8',
      'set the content type of the web hook to application/json, without a content encoding',
    );
  }
}

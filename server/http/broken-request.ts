import { type Reason, reason } from '../../core/reason.ts';
import type { ReasonCode } from '../../core/reasons/reasons.ts';

export interface Broken {
  readonly status: number;
  readonly reason: Reason;
}

/** The largest JSON body, in bytes. */
export const BODY_BYTES = 1024 * 1024;

const BY_TYPE: Readonly<
  Record<string, readonly [status: number, code: ReasonCode, message: string, hint: string]>
> = {
  'entity.parse.failed': [400, 'invalid_json', 'the body is not JSON', 'send one JSON object, in UTF-8'],
  'entity.too.large': [
    413,
    'body_too_large',
    `the body is larger than ${BODY_BYTES} bytes`,
    'send less at once',
  ],
  'encoding.unsupported': [
    415,
    'encoding_unsupported',
    'the body has a content encoding that is not known here',
    'send it as it is, or with gzip',
  ],
  'charset.unsupported': [415, 'charset_unsupported', 'the body is not in UTF-8', 'send UTF-8'],
  'request.aborted': [400, 'request_aborted', 'the request ended before its body did', 'send it again'],
  'request.size.invalid': [
    400,
    'request_aborted',
    'the body is not as long as its Content-Length says',
    'send it again',
  ],
};

/** What the parsers of body and path refuse, or undefined when the error is none of theirs. */
export function brokenRequest(error: unknown): Broken | undefined {
  if (!(error instanceof Error)) return undefined;
  const known = 'type' in error && typeof error.type === 'string' ? BY_TYPE[error.type] : undefined;
  if (known) {
    const [status, code, message, hint] = known;
    return { status, reason: reason(code, message, hint) };
  }
  // The router's answer to a path such as /v1/apps/%zz.
  if (error instanceof URIError) {
    return {
      status: 400,
      reason: reason('invalid_path', 'the path is not well encoded', 'percent-encode it as UTF-8'),
    };
  }
  // Other faults of a compressed body: zlib's own errors come with a 400 of body-parser.
  if ('status' in error && error.status === 400) {
    return {
      status: 400,
      reason: reason(
        'invalid_body',
        'the body cannot be read',
        'send it as it is, without a content encoding',
      ),
    };
  }
  return undefined;
}

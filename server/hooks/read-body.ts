import type { IncomingMessage } from 'node:http';
import { Refusal } from '../../core/reason.ts';

/** The largest message, in bytes. GitHub's and GitLab's pushes have a few KB for each of at most 20 commits. */
const BODY_BYTES = 1024 * 1024;
/** A body that is not there by then is not waited for, in milliseconds. */
export const BODY_MS = 10_000;

/**
 * The body as it came, byte for byte.
 * @throws Refusal 413 `body_too_large` before more than the limit is read, 408 `body_too_slow`, 400 `request_aborted`;
 *   what is left of the request is not to be read then
 */
export async function readBody(
  request: IncomingMessage,
  { bytes = BODY_BYTES, milliseconds = BODY_MS } = {},
): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > bytes) throw tooLarge(bytes);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (settled: () => void): void => {
      clearTimeout(timer);
      request.off('data', take).off('end', end).off('error', broken).off('close', broken);
      settled();
    };
    const refuse = (why: Refusal): void => {
      request.pause();
      settle(() => reject(why));
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > bytes) refuse(tooLarge(bytes));
      else chunks.push(chunk);
    };
    const end = (): void => settle(() => resolve(Buffer.concat(chunks, size)));
    const broken = (): void =>
      refuse(new Refusal(400, 'request_aborted', 'the request ended before its body did', 'send it again'));
    const timer = setTimeout(() => refuse(tooSlow(milliseconds)), milliseconds);
    request.on('data', take).on('end', end).on('error', broken).on('close', broken);
  });
}

function tooLarge(bytes: number): Refusal {
  return new Refusal(
    413,
    'body_too_large',
    `the message is larger than ${bytes} bytes`,
    'send less: choose fewer events, or push fewer commits at once',
  );
}

function tooSlow(milliseconds: number): Refusal {
  return new Refusal(
    408,
    'body_too_slow',
    `the message was not there within ${milliseconds / 1_000} s`,
    'send it again',
  );
}

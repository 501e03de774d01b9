import type { Reason } from '../../core/reason.ts';
import { Exit, Failure, misuse, unreached } from '../failure.ts';

/** The SSH front answers in the server's place while that one is down or starts again. */
const FRONT_ALONE = 'platform_unreachable';
/** The request itself was wrong: what was typed, as a misuse that is seen here would be. */
const INVALID = 'invalid_request';

/** What an answer that is no success says: its reason when the platform wrote it, else that it was not reached. */
export function problemOf(status: number, body: string): Failure {
  const problem = parseJson(body);
  const reason = reasonOf(isObject(problem) ? problem['reason'] : undefined);
  if (reason === undefined) {
    return unreached(
      `the answer (HTTP ${status}) is not one of a Sluice platform`,
      'Check the address; is there a proxy in between? Type: sluice doctor',
      body.trim() === '' ? [] : [body.trim().slice(0, 200)],
    );
  }
  const [first, ...more] = reason.detail ?? [];
  if (reason.code === INVALID && first !== undefined) return misuse([first, ...more].join('; '));
  return new Failure(reason.code === FRONT_ALONE ? Exit.unreached : Exit.failed, reason);
}

/** A reason that came over the line, or undefined when it is none. Fields that it should not have are left out. */
export function reasonOf(value: unknown): Reason | undefined {
  if (!isObject(value)) return undefined;
  const { code, message, hint, detail } = value;
  if (typeof code !== 'string' || typeof message !== 'string') return undefined;
  return {
    code,
    message,
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(Array.isArray(detail) ? { detail: detail.filter((line) => typeof line === 'string') } : {}),
  };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

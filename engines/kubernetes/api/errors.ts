import { ApiException } from '@kubernetes/client-node';
import { Refusal } from '../../../core/reason.ts';

/** The API server did not answer at all; what runs in the cluster may be fine. Worth trying again. */
export class ClusterUnreachable extends Refusal {
  readonly code = 'engine_unreachable';

  constructor(cause: unknown) {
    super(
      503,
      'engine_unreachable',
      `the Kubernetes API does not answer: ${innermost(cause)}`,
      'see `sluice doctor`; apps that run go on running',
    );
    this.name = 'ClusterUnreachable';
    this.cause = cause;
  }
}

/** The API server answered, and the answer is no. */
export class ClusterRefused extends Error {
  /** HTTP status. */
  readonly status: number;
  /** Machine-readable word of the API (`AlreadyExists`, `Forbidden`, `Invalid`, …); '' when it gave none. */
  readonly why: string;

  constructor(status: number, why: string, message: string, cause?: unknown) {
    super(message);
    this.name = 'ClusterRefused';
    this.status = status;
    this.why = why;
    this.cause = cause;
  }
}

/** Awaits a call of the API; an API server that is not there becomes `ClusterUnreachable`, a refusal `ClusterRefused`. */
async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw understood(error);
  }
}

/** Awaits a call whose answer may be one of `statuses` instead of success (404: gone already, 409: there already). */
export async function unless<T>(statuses: readonly number[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await reached(call);
  } catch (error) {
    if (error instanceof ClusterRefused && statuses.includes(error.status)) return undefined;
    throw error;
  }
}

/** What went wrong, in our own words. An API server that is starting or overloaded counts as one that is not there. */
export function understood(error: unknown): unknown {
  if (error instanceof ApiException) return refusedOrAway(error.code, error.body, error);
  if (error instanceof ClusterRefused || error instanceof ClusterUnreachable) return error;
  return isNetworkTrouble(error) ? new ClusterUnreachable(error) : error;
}

/** @param body the API's `Status`, as text or as an object; a proxy before it may say something else */
export function refusedOrAway(status: number, body: unknown, cause?: unknown): Error {
  const { reason: why = '', message = '' } = statusOf(body);
  const said = message === '' ? `the Kubernetes API answered ${String(status)}` : message;
  if (status === 429 || status >= 500) return new ClusterUnreachable(new Error(said, { cause }));
  return new ClusterRefused(status, why, said, cause);
}

/** What was to be made is there already. */
export function isExisting(error: unknown): boolean {
  return error instanceof ClusterRefused && error.why === 'AlreadyExists';
}

function statusOf(body: unknown): { reason?: string; message?: string } {
  if (typeof body === 'object' && body !== null) return body;
  if (typeof body !== 'string') return {};
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : { message: body.slice(0, 500) };
  } catch {
    return { message: body.slice(0, 500) };
  }
}

/** `fetch` wraps what happened in a TypeError; sockets say it themselves. */
function isNetworkTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof TypeError && error.cause !== undefined) return true;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /^(E[A-Z]+|UND_ERR_\w+|\w*CERT\w*|ERR_TLS_\w+)$/.test(code);
}

function innermost(error: unknown): string {
  let found = error;
  while (found instanceof Error && found.cause instanceof Error) found = found.cause;
  return found instanceof Error ? found.message : String(found);
}

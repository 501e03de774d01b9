import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { Problem } from '../../core/contracts/resources.ts';
import { type Reason, reason, Refusal } from '../../core/reason.ts';
import { newId } from '../store/ids.ts';
import { brokenRequest } from './broken-request.ts';
import { invalidRequest } from './invalid-request.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** What is told to the client, and whether the cause is ours to look into. */
export interface Told {
  readonly problem: Problem;
  /** Set when the cause stays here: the id under which it is logged. */
  readonly errorId?: string;
}

export function problem(status: number, why: Reason): Problem {
  return {
    type: `urn:sluice:problem:${why.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: why.message,
    reason: why,
  };
}

/** Any error as an RFC 9457 problem. What was not meant for the client stays here, under an id. */
export function tell(error: unknown): Told {
  if (error instanceof Refusal) return { problem: problem(error.status, error.reason) };
  if (error instanceof z.ZodError) return { problem: problem(422, invalidRequest(error)) };
  const broken = brokenRequest(error);
  if (broken) return { problem: problem(broken.status, broken.reason) };
  const errorId = newId();
  const instance = `urn:sluice:error:${errorId}`;
  if (isDiskFull(error)) {
    const full = reason(
      'disk_full',
      `the platform's disk is full (error ${errorId})`,
      'ask an admin to run `sluice doctor` on the platform; running apps are not touched',
    );
    return { problem: { ...problem(507, full), instance }, errorId };
  }
  const why = reason(
    'internal_error',
    `something went wrong on the platform (error ${errorId})`,
    `an admin finds the cause in the server's log: look for ${errorId}`,
  );
  return { problem: { ...problem(500, why), instance }, errorId };
}

/** SQLite's SQLITE_FULL, the system's ENOSPC, and what git says of that. */
function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (code === 'ENOSPC' || (code === 'ERR_SQLITE_ERROR' && errcode === 13)) return true;
  return error.name === 'GitError' ? /No space left on device/.test(error.message) : isDiskFull(error.cause);
}

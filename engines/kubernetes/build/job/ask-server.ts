import { setTimeout as pause } from 'node:timers/promises';
import { reason } from '../../../../core/reason.ts';
import type { ReasonCode } from '../../../../core/reasons/reasons.ts';
import { BuildLost } from './build-lost.ts';

/** Milliseconds for which a server that is away (it restarts) is asked again. */
const PATIENCE_MS = 120_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_000;

export interface Question {
  readonly url: string;
  readonly token: string;
  /** Of the reason when it is not answered: code, and what the build could not fetch. */
  readonly code: ReasonCode;
  readonly what: string;
}

/**
 * Asks the platform's server for what an attempt is made from.
 * @param take reads the answer's body; it is called again when that breaks off
 * @throws BuildLost when the server does not give it in time, the signal's reason, and ENOSPC from `take`
 */
export async function askServer<T>(
  question: Question,
  take: (response: Response) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const began = performance.now();
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
    let refused = false;
    try {
      const headers = { authorization: `Bearer ${question.token}` };
      const response = await fetch(question.url, { headers, signal });
      refused = response.status >= 400 && response.status < 500;
      if (!response.ok) throw new Error(`the server answers ${response.status}`);
      return await take(response);
    } catch (error) {
      signal.throwIfAborted();
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
      if (refused || performance.now() - began > PATIENCE_MS) throw unavailable(question, error);
    }
    await pause(wait, undefined, { signal });
  }
}

function unavailable({ code, what }: Question, error: unknown): BuildLost {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const said = cause instanceof Error ? cause.message : String(cause);
  const message = `the build could not fetch ${what} from the platform: ${said}`;
  return new BuildLost(reason(code, message, 'push again; see `sluice doctor` when it stays so'));
}

import { z } from 'zod';
import type { ReasonCode } from './reasons/reasons.ts';

/**
 * Why something ended or was refused. `code` is stable and documented; scripts may match on it.
 * `message` says what happened; `hint` is what to type or change next.
 */
export const Reason = z.object({
  code: z.string().regex(/^[a-z][a-z0-9_]*$/),
  message: z.string(),
  hint: z.string().optional(),
  /** Facts behind the message: exit codes, last log lines, limits. Shown as they are, one a line. */
  detail: z.array(z.string()).optional(),
});
export type Reason = z.infer<typeof Reason>;

/** Codes have a row in core/reasons/: what is behind it, what mends it. */
export function reason(code: ReasonCode, message: string, hint?: string, detail?: readonly string[]): Reason {
  return {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(detail === undefined || detail.length === 0 ? {} : { detail: [...detail] }),
  };
}

/** A reason on its way up: thrown inside, turned into a problem document or a push refusal at the edge. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: Reason;

  /** @param status the HTTP status that the API answers with (400 to 599) */
  constructor(status: number, code: ReasonCode, message: string, hint?: string, detail?: readonly string[]) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.reason = reason(code, message, hint, detail);
  }

  /** The same for a reason that is there already: another part's, or one that was kept. */
  static of(status: number, why: Reason): Refusal {
    return new Refusal(status, why.code as ReasonCode, why.message, why.hint, why.detail);
  }
}

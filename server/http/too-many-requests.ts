import { Refusal } from '../../core/reason.ts';
import type { ReasonCode } from '../../core/reasons/reasons.ts';

/** A 429 that says when to come back; whoever answers with it sets `Retry-After` (RFC 9110, 10.2.3). */
export class TooManyRequests extends Refusal {
  /** Whole seconds, at least 1. */
  readonly retryAfterSeconds: number;

  constructor(code: ReasonCode, message: string, hint: string, waitMs: number) {
    super(429, code, message, hint);
    this.retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1_000));
  }
}

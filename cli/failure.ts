import type { Reason } from '../core/reason.ts';
import type { ReasonCode } from '../core/reasons/reasons.ts';

/**
 * 0 done, 1 refused or failed, 2 misuse, 3 platform not reached; 130 (128 + SIGINT) stopped watching by Ctrl-C; 141
 * (128 + SIGPIPE) nobody reads any more what has no end.
 */
export const Exit = { done: 0, failed: 1, misuse: 2, unreached: 3, interrupted: 130, unread: 141 } as const;

/** What ends a command with an error: the exit code, and what the person reads. */
export class Failure extends Error {
  readonly exit: number;
  readonly reason: Reason;
  /** Lines to be shown in place of the reason's own. */
  readonly screen: readonly string[] | undefined;

  constructor(exit: number, reason: Reason, options?: ErrorOptions & { screen?: readonly string[] }) {
    super(reason.message, options);
    this.screen = options?.screen;
    this.name = 'Failure';
    this.exit = exit;
    this.reason = reason;
  }
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The command line is wrong: nothing was asked of the platform. */
export function misuse(message: string, hint?: string): Failure {
  return new Failure(Exit.misuse, { code: 'misuse', message, ...(hint === undefined ? {} : { hint }) });
}

export function failed(code: ReasonCode, message: string, hint?: string): Failure {
  return new Failure(Exit.failed, { code, message, ...(hint === undefined ? {} : { hint }) });
}

export function unreached(message: string, hint: string, detail: readonly string[] = []): Failure {
  return new Failure(Exit.unreached, {
    code: 'platform_unreached',
    message,
    hint,
    ...(detail.length === 0 ? {} : { detail: [...detail] }),
  });
}

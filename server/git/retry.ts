import { setTimeout as delay } from 'node:timers/promises';
import { ServerUnreachable } from './server-client.ts';

export interface RetryOptions {
  /** Ends the waiting: the caller has gone. */
  readonly signal: AbortSignal;
  /** Milliseconds from the first failure on; Infinity as long as the caller is there. */
  readonly limitMs: number;
  /** Called at the first failure. */
  readonly onPause?: () => void;
}

/** Waits between two tries, in milliseconds: short at first, as a restart of the server takes about a second. */
export function backoff(failures: number): number {
  return Math.min(2_000, 25 * 2 ** Math.min(failures, 10));
}

/** Calls again while the server is unreachable. @throws what `call` throws otherwise */
export async function whileUnreachable<T>(call: () => Promise<T>, options: RetryOptions): Promise<T> {
  let since: number | undefined;
  for (let failures = 0; ; failures += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ServerUnreachable)) throw error;
      since ??= performance.now();
      if (failures === 0) options.onPause?.();
      if (performance.now() - since > options.limitMs) throw error;
      await delay(backoff(failures), undefined, { signal: options.signal });
    }
  }
}

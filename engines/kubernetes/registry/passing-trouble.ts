import { setTimeout as pause } from 'node:timers/promises';
import { isBusy, RegistryRefused } from './registry.ts';

/** Milliseconds before a registry that had trouble is asked again, each time. */
const PAUSES: readonly number[] = [1_000, 2_000, 4_000, ...Array.from({ length: 10 }, () => 8_000)];
/**
 * Milliseconds from the first try after which it is not asked again: time for a registry that is restarted, in a pod on
 * another node too. Each answer that does not come takes its time as well.
 */
const LONG_MS = 90_000;

/** How often and for how long what may pass is tried again. */
export interface Patience {
  /** Milliseconds before each time. */
  readonly pauses?: readonly number[];
  readonly longMs?: number;
  /** Told once, before the first pause, so that who waits knows for what. */
  readonly onWait?: (trouble: unknown) => Promise<void>;
}

/** Whether a registry may do better in a moment: it is busy, or cannot be reached. A name that is none stays none. */
export function isPassing(error: unknown): boolean {
  if (error instanceof RegistryRefused) return isBusy(error.status);
  if (!(error instanceof Error)) return false;
  if (error.name === 'TimeoutError') return true;
  const { code = '' } = (error.cause ?? error) as NodeJS.ErrnoException;
  return /^(UND_ERR_\w+|EAI_AGAIN|EPIPE|ETIMEDOUT|ECONN(REFUSED|RESET|ABORTED)|E(HOST|NET)(UNREACH|DOWN))$/.test(
    code,
  );
}

/** The milliseconds to wait before each next try, until patience ends, which begins now. */
export function waits({ pauses = PAUSES, longMs = LONG_MS }: Patience = {}): Generator<number, undefined> {
  return until(performance.now() + longMs, pauses);
}

function* until(end: number, pauses: readonly number[]): Generator<number, undefined> {
  for (const wait of pauses) {
    if (performance.now() > end) return;
    yield wait;
  }
}

/**
 * Asks a registry, again while its trouble may pass.
 * @throws what it said last, and the signal's reason
 */
export async function overPassingTrouble<T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  patience: Patience = {},
): Promise<T> {
  const left = waits(patience);
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      const { value: wait } = isPassing(error) ? left.next() : { value: undefined };
      if (wait === undefined) throw error;
      if (isFirst) await patience.onWait?.(error);
      await pause(wait, undefined, { signal });
    }
  }
}

/** `fetch` says only that it failed; why is below. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

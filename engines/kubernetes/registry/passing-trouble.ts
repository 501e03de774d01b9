import { setTimeout as pause } from 'node:timers/promises';
import { isBusy, RegistryRefused } from './registry.ts';

/** Milliseconds before a registry that had trouble is asked again, each time. */
const PAUSES = [1_000, 2_000, 4_000];
/** Milliseconds from its start after which it is not asked again: each answer that does not come takes its time. */
const LONG_MS = 30_000;

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

/**
 * Asks a registry, again while its trouble may pass.
 * @param pauses milliseconds before each time that it is asked again
 * @throws what it said last, and the signal's reason
 */
export async function overPassingTrouble<T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  pauses: readonly number[] = PAUSES,
): Promise<T> {
  const began = performance.now();
  for (const wait of pauses) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error) || performance.now() - began > LONG_MS) throw error;
    }
    await pause(wait, undefined, { signal });
  }
  return ask();
}

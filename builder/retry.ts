const FIRST_MS = 20;
const LONGEST_MS = 2_000;

/** The wait before try number `n` (from 1): 20 ms, doubling up to 2 s. */
export function backoff(n: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (n - 1));
}

/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}

import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks until the answer is there.
 * @param look gives a value, or undefined/false while it is not so
 * @throws Error after `ms` milliseconds, with the last error of `look` as its cause
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  ms = 60_000,
): Promise<T> {
  const deadline = performance.now() + ms;
  let cause: unknown;
  do {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await pause(25);
  } while (performance.now() < deadline);
  throw new Error(`not within ${ms} ms: ${what}`, { cause });
}

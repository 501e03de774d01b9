import { setTimeout as delay } from 'node:timers/promises';

/**
 * What a promise resolves with, or undefined when it takes longer than `limit` milliseconds. It goes on all the same;
 * should it reject later, nobody hears of it.
 */
export async function within<T>(limit: number, promise: Promise<T>): Promise<T | undefined> {
  const late = new AbortController();
  try {
    return await Promise.race([
      promise,
      delay(limit, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
  } finally {
    late.abort();
  }
}

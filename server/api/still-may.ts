import { Refusal } from '../../core/reason.ts';

/** How often it is looked whether who holds a connection open still may, in milliseconds. */
const LOOKS_EVERY_MS = 15_000;
/** Whoever waits for something to send and looks by themselves does so a little sooner: then nobody looks twice. */
export const OWN_LOOK_MS = 10_000;

/**
 * Ends a connection whose holder may not have it any more: their token, key, role or account went meanwhile.
 * @param asks as at its beginning, rejecting with a Refusal when not; another error decides nothing
 * @param held emits `close` when it has ended
 * @returns looks at once, in place of the next look: what was asked, as things are now; undefined when they may not any more
 */
export function whileStillMay<T>(
  asks: () => Promise<T>,
  held: { once(event: 'close', listener: () => void): unknown; destroy(): unknown },
): () => Promise<T | undefined> {
  const looks = setInterval(() => {
    void asks().catch((error: unknown) => {
      if (error instanceof Refusal) held.destroy();
    });
  }, LOOKS_EVERY_MS).unref();
  let closed = false;
  held.once('close', () => {
    closed = true;
    clearInterval(looks);
  });
  return async () => {
    if (!closed) looks.refresh();
    return asks().catch((error: unknown) => {
      if (error instanceof Refusal) return undefined;
      throw error;
    });
  };
}

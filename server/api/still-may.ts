import { Refusal } from '../../core/reason.ts';

/** How often it is looked whether who holds a connection open still may, in milliseconds. */
const LOOKS_EVERY_MS = 15_000;

/**
 * Ends a connection whose holder may not have it any more: their token, key, role or account went meanwhile.
 * @param asks as at its beginning, rejecting with a Refusal when not; another error decides nothing
 * @param held emits `close` when it has ended
 */
export function whileStillMay(
  asks: () => Promise<unknown>,
  held: { once(event: 'close', listener: () => void): unknown; destroy(): unknown },
): void {
  const looks = setInterval(() => {
    void asks().catch((error: unknown) => {
      if (error instanceof Refusal) held.destroy();
    });
  }, LOOKS_EVERY_MS).unref();
  held.once('close', () => clearInterval(looks));
}

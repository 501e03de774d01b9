import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

const BYTES = 32;

/**
 * The key of tokens of attempts when the journal has none yet. Before it had, it followed from the master key: so
 * attempts that are under way keep theirs over an upgrade.
 */
export function firstAttemptTokenKey(master: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', master, '', 'sluice attempt token', BYTES));
}

/**
 * Lets one attempt of one build fetch its tree and its secrets, and nothing else. No token is stored: it follows from a key of the
 * journal and the attempt's name, so it is the same after a restart, also with another master key, and dead once the
 * attempt is over.
 */
export class AttemptTokens {
  readonly #key: Uint8Array;

  /** @param key 32 bytes, of which nothing else is made */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  of(buildId: string, attempt: number): string {
    return this.#mac(buildId, attempt).toString('base64url');
  }

  /** In constant time. Says nothing about whether the attempt is still open. */
  isOf(token: string, buildId: string, attempt: number): boolean {
    const given = Buffer.from(token, 'base64url');
    return given.length === BYTES && timingSafeEqual(given, this.#mac(buildId, attempt));
  }

  #mac(buildId: string, attempt: number): Buffer {
    return createHmac('sha256', this.#key)
      .update(`${buildId}-${String(attempt)}`)
      .digest();
  }
}

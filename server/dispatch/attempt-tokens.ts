import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

const BYTES = 32;

/**
 * Lets one attempt of one build fetch its tree and its secrets, and nothing else. Nothing is stored: a token follows from the master key
 * and the attempt's name, so it is the same after a restart, and dead once the attempt is over.
 */
export class AttemptTokens {
  readonly #key: Buffer;

  /** @param master the installation's master key */
  constructor(master: Uint8Array) {
    this.#key = Buffer.from(hkdfSync('sha256', master, '', 'sluice attempt token', BYTES));
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

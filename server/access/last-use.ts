import type { Logger } from 'pino';
import type { Store } from '../store/store.ts';

/** Between two notes of one key or token from one address, in milliseconds. */
const APART_MS = 60_000;

interface Used {
  readonly id: string;
  readonly last_used_at: number | null;
  readonly last_used_from: string | null;
}

/** Notes when and from where keys and tokens were last used. Behind the request, which does not wait for the disk. */
export class LastUse {
  readonly #store: Pick<Store, 'people' | 'tokens'>;
  readonly #log: Logger;

  constructor(store: Pick<Store, 'people' | 'tokens'>, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  key(key: Used, address: string | undefined): void {
    this.#note(key, address, (at, from) => this.#store.people.keyUsed(key.id, at, from));
  }

  token(token: Used, address: string | undefined): void {
    this.#note(token, address, (at, from) => this.#store.tokens.used(token.id, at, from));
  }

  #note(
    { last_used_at: before, last_used_from: from }: Used,
    address: string | undefined,
    write: (at: number, from: string | null) => void,
  ): void {
    const now = Date.now();
    const known = before !== null && Math.abs(now - before) < APART_MS && from === (address ?? null);
    if (known) return;
    setImmediate(() => {
      try {
        write(now, address ?? null);
      } catch (error) {
        // A full disk, or the end of the server: what was asked for was done all the same.
        this.#log.warn({ err: error }, 'the last use of a key or a token could not be noted');
      }
    });
  }
}

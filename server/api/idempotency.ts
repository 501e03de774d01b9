import { createHash } from 'node:crypto';
import { Refusal } from '../../core/reason.ts';
import type { Database } from '../store/database.ts';

const KEPT_MS = 24 * 60 * 60 * 1000;
const KEY = /^[\x21-\x7e]{1,255}$/;

export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
}

interface Row {
  request_hash: Uint8Array;
  status: number;
  body: string;
}

/**
 * Remembers what a POST with an `Idempotency-Key` was answered, so that a client that lost the answer can ask again
 * without doing the thing twice. Only done things are kept: a refusal changed nothing and may be tried anew.
 */
export class Idempotency {
  readonly #db: Database;
  readonly #inFlight = new Set<string>();

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Runs `work` once for a key of a person.
   * @param request all that makes two requests the same: route, path, body
   * @throws Refusal 409 `idempotency_in_flight`, 422 `idempotency_key_reused` or `idempotency_key_invalid`
   */
  async once(
    personId: string,
    key: string,
    request: readonly unknown[],
    work: () => Promise<StoredAnswer>,
  ): Promise<StoredAnswer & { replayed: boolean }> {
    if (!KEY.test(key)) {
      throw new Refusal(
        422,
        'idempotency_key_invalid',
        'an Idempotency-Key is 1 to 255 visible ASCII characters',
        'use a new UUID for each thing to do',
      );
    }
    const id = `${personId}:${key}`;
    const hash = createHash('sha256').update(JSON.stringify(request)).digest();
    if (this.#inFlight.has(id)) {
      throw new Refusal(
        409,
        'idempotency_in_flight',
        'a request with this Idempotency-Key is still being worked on',
        'ask again in a moment with the same key',
      );
    }
    const known = this.#find(id);
    if (known && !hash.equals(known.request_hash)) {
      throw new Refusal(
        422,
        'idempotency_key_reused',
        'this Idempotency-Key was used for another request',
        'use a new key for each thing to do',
      );
    }
    if (known) return { status: known.status, body: known.body, replayed: true };
    this.#inFlight.add(id);
    try {
      const answer = await work();
      this.#keep(id, hash, answer);
      return { ...answer, replayed: false };
    } finally {
      this.#inFlight.delete(id);
    }
  }

  #find(id: string): Row | undefined {
    return this.#db.get<Row>(
      'SELECT request_hash, status, body FROM idempotency WHERE key = ? AND created_at > ?',
      id,
      Date.now() - KEPT_MS,
    );
  }

  #keep(id: string, hash: Uint8Array, answer: StoredAnswer): void {
    const now = Date.now();
    this.#db.transaction(() => {
      dropOldAnswers(this.#db, now);
      this.#db.run(
        'INSERT INTO idempotency (key, request_hash, status, body, created_at) VALUES (?, ?, ?, ?, ?)',
        id,
        hash,
        answer.status,
        answer.body,
        now,
      );
    });
  }
}

/** Those that no client gets any more. @param now milliseconds since 1970. @returns how many went */
export function dropOldAnswers(db: Database, now: number): number {
  return db.run('DELETE FROM idempotency WHERE created_at <= ?', now - KEPT_MS);
}

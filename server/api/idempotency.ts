import { createHmac } from 'node:crypto';
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

/** One request that is to be done once. */
export interface Once {
  /** Id of who asks: two people may have the same key. */
  readonly person: string;
  readonly key: string;
  /** All that makes two requests the same: route, path, body. */
  readonly said: readonly unknown[];
  /** Its answer holds a secret, which the journal does not keep in clear. */
  readonly secret: boolean;
}

/** A repeat waits so long for the first to end, in milliseconds: clients send it again when a proxy lost the answer. */
const WAIT_MS = 10_000;
/** In place of a status: the work was begun. Of another server than this one it is not known how far it came. */
const BEGUN = 0;

/**
 * Remembers what a request with an `Idempotency-Key` was answered, so that a client that lost the answer can ask again
 * without doing the thing twice. Only done things are kept: a refusal changed nothing and may be tried anew. That work
 * begins is journalled before it does: after a crash a repeat is refused, not done twice.
 */
export class Idempotency {
  readonly #db: Database;
  readonly #key: Uint8Array;
  readonly #waitMs: number;
  /** Each resolves once its work is over, however it went. */
  readonly #inFlight = new Map<string, Promise<void>>();

  /** @param key of hashes of requests: what is asked for may hold a secret that could be guessed from a plain one */
  constructor(db: Database, key: Uint8Array, waitMs = WAIT_MS) {
    this.#db = db;
    this.#key = key;
    this.#waitMs = waitMs;
  }

  /**
   * Runs `work` once for a key of a person.
   * @throws Refusal 409 `idempotency_in_flight`, `idempotency_interrupted` or `idempotency_answer_secret`; 422
   *   `idempotency_key_reused` or `idempotency_key_invalid`
   */
  async once(
    { person, key, said, secret }: Once,
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
    const id = `${person}:${key}`;
    const hash = createHmac('sha256', this.#key).update(JSON.stringify(said)).digest();
    const late = AbortSignal.timeout(this.#waitMs);
    let known = this.#known(id, hash);
    // Looked at again each time, as of several that wait one may be trying anew what was refused.
    for (let first = this.#inFlight.get(id); first; first = this.#inFlight.get(id)) {
      await orLate(first, late);
      known = this.#known(id, hash);
    }
    if (known?.status === BEGUN) throw interrupted();
    if (known && secret) throw secretNotKept();
    if (known) return { status: known.status, body: known.body, replayed: true };
    const over = Promise.withResolvers<void>();
    this.#inFlight.set(id, over.promise);
    try {
      this.#begin(id, hash);
      const answer = await work().catch((error: unknown) => {
        this.#forget(id);
        throw error;
      });
      this.#keep(id, secret ? { ...answer, body: '' } : answer);
      return { ...answer, replayed: false };
    } finally {
      this.#inFlight.delete(id);
      over.resolve();
    }
  }

  /** What the key was used for. @throws Refusal 422 `idempotency_key_reused` */
  #known(id: string, hash: Uint8Array): Row | undefined {
    const known = this.#find(id);
    if (!known || Buffer.from(hash).equals(known.request_hash)) return known;
    throw new Refusal(
      422,
      'idempotency_key_reused',
      'this Idempotency-Key was used for another request',
      'use a new key for each thing to do',
    );
  }

  #find(id: string): Row | undefined {
    return this.#db.get<Row>(
      'SELECT request_hash, status, body FROM idempotency WHERE key = ? AND created_at > ?',
      id,
      Date.now() - KEPT_MS,
    );
  }

  #begin(id: string, hash: Uint8Array): void {
    const now = Date.now();
    this.#db.transaction(() => {
      dropOldAnswers(this.#db, now);
      this.#db.run(
        "INSERT INTO idempotency (key, request_hash, status, body, created_at) VALUES (?, ?, ?, '', ?)",
        id,
        hash,
        BEGUN,
        now,
      );
    });
  }

  #keep(id: string, { status, body }: StoredAnswer): void {
    this.#db.run('UPDATE idempotency SET status = ?, body = ? WHERE key = ?', status, body, id);
  }

  #forget(id: string): void {
    this.#db.run('DELETE FROM idempotency WHERE key = ?', id);
  }
}

/** @throws Refusal 409 `idempotency_in_flight` when it takes too long */
async function orLate(first: Promise<void>, late: AbortSignal): Promise<void> {
  const expired = Promise.withResolvers<void>();
  late.addEventListener('abort', () => expired.resolve(), { once: true });
  await Promise.race([first, expired.promise]);
  if (late.aborted) throw inFlight();
}

function inFlight(): Refusal {
  return new Refusal(
    409,
    'idempotency_in_flight',
    'a request with this Idempotency-Key is still being worked on',
    'ask again in a moment with the same key',
  );
}

function interrupted(): Refusal {
  return new Refusal(
    409,
    'idempotency_interrupted',
    'the platform stopped in the middle of the request with this Idempotency-Key',
    'look whether it was done, and ask again with a new key if it was not',
  );
}

function secretNotKept(): Refusal {
  return new Refusal(
    409,
    'idempotency_answer_secret',
    'this was done, and its answer held a secret that is shown once and kept nowhere',
    'if you never saw the answer, remove what was made and make it anew with a new key',
  );
}

/** Those that no client gets any more. @param now milliseconds since 1970. @returns how many went */
export function dropOldAnswers(db: Database, now: number): number {
  return db.run('DELETE FROM idempotency WHERE created_at <= ?', now - KEPT_MS);
}

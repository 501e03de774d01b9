import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const NONCE = 12;
const TAG = 16;
const KEY = 32;

/** AES-256-GCM: nonce, tag, ciphertext. `context` binds the box to its place, so that rows cannot be swapped. */
function seal(key: Uint8Array, plain: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** @throws when the key is another one or the box was changed */
function unseal(key: Uint8Array, box: Uint8Array, context: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(box.subarray(NONCE, NONCE + TAG));
  return Buffer.concat([decipher.update(box.subarray(NONCE + TAG)), decipher.final()]);
}

/** Seals what is kept in the journal. */
export class DataKey {
  /** 32 bytes, for what must be keyed by other means than sealing, such as an HMAC. */
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** @param context names the place of the box, so that it opens in no other */
  seal(plain: Uint8Array, context: string): Buffer {
    return seal(this.bytes, plain, context);
  }

  /** @throws when the key is another one, the place is another one, or the box was changed */
  open(box: Uint8Array, context: string): Buffer {
    return unseal(this.bytes, box, context);
  }
}

/** A key as the journal has it. */
export interface WrappedKey {
  /** Which master key opens it; null: from before master keys had ids. */
  readonly masterId: string | null;
  readonly box: Uint8Array;
}

/** Tells master keys apart and says nothing about them. */
export function masterKeyId(master: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', master, '', 'sluice master key id', 8)).toString('hex');
}

/** Wraps the journal's keys by the master key; while that is being replaced, older ones open what they wrapped. */
export class Vault {
  readonly #masters = new Map<string, Uint8Array>();
  #currentId: string;

  /**
   * @param master 32 bytes
   * @param older those that it replaces
   */
  constructor(master: Uint8Array, older: readonly Uint8Array[] = []) {
    for (const one of older) this.add(one);
    this.#currentId = this.add(master);
  }

  /** Of the key that wraps what is new. */
  get currentId(): string {
    return this.#currentId;
  }

  has(masterId: string): boolean {
    return this.#masters.has(masterId);
  }

  /** From now on opens what this key wrapped. @returns its id */
  add(master: Uint8Array): string {
    if (master.length !== KEY)
      throw new Error(`the master key must be ${KEY} bytes, it has ${master.length}`);
    const id = masterKeyId(master);
    this.#masters.set(id, master);
    return id;
  }

  /** From now on wraps what is new. */
  use(master: Uint8Array): void {
    this.#currentId = this.add(master);
  }

  /** Opens nothing by older keys any more. */
  forgetOthers(): void {
    for (const id of this.#masters.keys()) if (id !== this.#currentId) this.#masters.delete(id);
  }

  /** @param name where the key belongs; it opens under no other */
  wrap(name: string, key: Uint8Array): { masterId: string; box: Buffer } {
    const masterId = this.#currentId;
    return { masterId, box: seal(this.#master(masterId), key, name) };
  }

  newKey(): Buffer {
    return randomBytes(KEY);
  }

  /** @throws when no master key that is here opens it */
  unwrap(name: string, { masterId, box }: WrappedKey): Buffer {
    return masterId === null ? this.#unwrapByAny(name, box) : unseal(this.#master(masterId), box, name);
  }

  #unwrapByAny(name: string, box: Uint8Array): Buffer {
    const errors: unknown[] = [];
    for (const master of this.#masters.values()) {
      try {
        return unseal(master, box, name);
      } catch (error) {
        errors.push(error);
      }
    }
    throw new AggregateError(errors, `no master key that is here opens ${name}`);
  }

  #master(id: string): Uint8Array {
    const master = this.#masters.get(id);
    if (!master) throw new Error(`the master key ${id} is not here`);
    return master;
  }
}

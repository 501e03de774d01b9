import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

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
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(box.subarray(NONCE, NONCE + TAG));
  return Buffer.concat([decipher.update(box.subarray(NONCE + TAG)), decipher.final()]);
}

/** Config at rest: each app has a data key of its own, wrapped by the master key. */
export class Vault {
  readonly #master: Uint8Array;

  /** @param master 32 bytes */
  constructor(master: Uint8Array) {
    if (master.length !== KEY)
      throw new Error(`the master key must be ${KEY} bytes, it has ${master.length}`);
    this.#master = master;
  }

  newDataKey(appId: string): Buffer {
    return seal(this.#master, randomBytes(KEY), `data-key:${appId}`);
  }

  sealConfig(appId: string, wrappedKey: Uint8Array, version: number, values: Record<string, string>): Buffer {
    const plain = Buffer.from(JSON.stringify(values));
    return seal(this.#dataKey(appId, wrappedKey), plain, `config:${appId}:${version}`);
  }

  openConfig(
    appId: string,
    wrappedKey: Uint8Array,
    version: number,
    box: Uint8Array,
  ): Record<string, string> {
    const plain = unseal(this.#dataKey(appId, wrappedKey), box, `config:${appId}:${version}`);
    return JSON.parse(plain.toString()) as Record<string, string>;
  }

  #dataKey(appId: string, wrapped: Uint8Array): Buffer {
    return unseal(this.#master, wrapped, `data-key:${appId}`);
  }
}

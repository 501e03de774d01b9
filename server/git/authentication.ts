import type { Logger } from 'pino';
import ssh2, { type AuthContext, type ParsedKey, type PublicKeyAuthContext } from 'ssh2';
import type { Authenticated } from '../../core/contracts/internal.ts';
import { whileUnreachable } from './retry.ts';
import type { ServerClient } from './server-client.ts';

/** Keys that a client may try before it is cut off, as sshd's MaxAuthTries. */
const AUTH_TRIES = 6;
/** A restart of the server takes less; the login grace ends the rest. */
const SERVER_PATIENCE_MS = 20_000;
const MIN_RSA_BYTES = 256;

/** One connection's way to a person. */
export class Authentication {
  readonly #server: ServerClient;
  readonly #gone: AbortSignal;
  readonly #log: Logger;
  readonly #asked = new Map<string, Promise<Authenticated | undefined>>();
  #failures = 0;
  #person: Authenticated | undefined;

  constructor(server: ServerClient, gone: AbortSignal, log: Logger) {
    this.#server = server;
    this.#gone = gone;
    this.#log = log;
  }

  /** Who has logged in. */
  get person(): Authenticated | undefined {
    return this.#person;
  }

  /** Answers one request. @returns false when the client has had its tries */
  async answer(context: AuthContext): Promise<boolean> {
    if (this.#failures >= AUTH_TRIES) return false;
    if (context.method === 'none') {
      context.reject(['publickey']);
      return true;
    }
    const person = context.method === 'publickey' ? await this.#personOf(context) : undefined;
    if (this.#gone.aborted) return true;
    if (person !== undefined) {
      if (context.method === 'publickey' && context.signature !== undefined) this.#person = person;
      context.accept();
      return true;
    }
    this.#failures += 1;
    if (this.#failures >= AUTH_TRIES) return false;
    context.reject(['publickey']);
    return true;
  }

  async #personOf(context: PublicKeyAuthContext): Promise<Authenticated | undefined> {
    if (!isSound(context)) return undefined;
    const blob = context.key.data.toString('base64');
    // The server is asked once a connection and key: a client first asks whether the key would do, then signs.
    let asked = this.#asked.get(blob);
    if (asked === undefined) {
      asked = whileUnreachable(() => this.#server.authenticate(blob), {
        signal: this.#gone,
        limitMs: SERVER_PATIENCE_MS,
      });
      this.#asked.set(blob, asked);
    }
    try {
      return await asked;
    } catch (error) {
      if (!this.#gone.aborted) this.#log.error({ err: error }, 'the server did not say whose key this is');
      return undefined;
    }
  }
}

/** The key is of a kind that we take and, if the client signed, the signature is right. */
function isSound({ key, signature, blob, hashAlgo }: PublicKeyAuthContext): boolean {
  const parsed = parsedKey(key.data);
  if (parsed?.type !== key.algo) return false;
  // ssh-rsa without a hash is SHA-1; a DSA key has nothing better.
  if (parsed.type === 'ssh-rsa' && (hashAlgo === undefined || key.data.length < MIN_RSA_BYTES)) return false;
  if (parsed.type === 'ssh-dss') return false;
  if (signature === undefined) return true;
  if (blob === undefined) return false;
  // An Error for a malformed signature is not thrown but returned, whatever the types say.
  const verified: unknown = parsed.verify(blob, signature, hashAlgo);
  return verified === true;
}

/** undefined: it is no key. Whoever may not come in yet chooses these bytes. */
function parsedKey(blob: Buffer): ParsedKey | undefined {
  try {
    const parsed = ssh2.utils.parseKey(blob);
    return parsed instanceof Error ? undefined : parsed;
  } catch {
    // Of an empty number in a key ssh2 returns no Error as it does of other nonsense: it fails an assertion.
    return undefined;
  }
}

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { tokenShape } from '../../core/bearer-token.ts';
import { KEY_HEADER, PERSON_HEADER } from '../../core/contracts/internal.ts';
import { Refusal } from '../../core/reason.ts';
import { clientAddress, sourceOfRequest } from '../http/client-address.ts';
import { cameFromMachine } from '../http/origin.ts';
import type { Trusts } from '../http/trusted-proxies.ts';
import type { Store } from '../store/store.ts';
import { limitsOf, type TokenRow } from '../store/tokens.ts';
import { TooManyRequests } from '../http/too-many-requests.ts';
import { keyHolder } from './key-holder.ts';
import type { LastUse } from './last-use.ts';
import { ROOT } from '../store/people.ts';
import type { Principal } from './principal.ts';

const TOKEN = /^Bearer +([\w.~+/=-]{1,512})$/i;
const FAILURES = { points: 20, duration: 60 };

export type Authenticate = (request: IncomingMessage) => Promise<Principal>;

/**
 * Tells who sends a request. Over the machine's own socket the person header counts, and without it the sender is
 * root; over TCP only a token does.
 *
 * A token that is right is served whatever others did before: all clients of a loopback port share one address unless its
 * proxy is trusted, so a limit that came first would let any of them lock out the rest. What it limits is the noise of
 * wrong ones.
 * @throws Refusal 401 or 429, when called
 */
export function authenticator(
  store: Pick<Store, 'people' | 'tokens'>,
  lastUse: LastUse,
  trusts: Trusts,
  failures: { points: number; duration: number } = FAILURES,
): Authenticate {
  const limiter = new RateLimiterMemory(failures);

  async function byToken(header: string, address: string | undefined, source: string): Promise<Principal> {
    const token = TOKEN.exec(header)?.[1] ?? '';
    // Looked up by its hash, so that how long it takes says nothing of how much of a guess was right.
    const row = store.tokens.byHash(createHash('sha256').update(token).digest());
    const trouble = row === undefined ? unknown(token) : troubleOf(row);
    const person = row && store.people.byId(row.person_id);
    if (row && person && !trouble) {
      lastUse.token(row, address);
      const limits = limitsOf(row);
      return { person, via: 'token', limits, credential: row.name, tokenId: row.id, ...from(address) };
    }
    await limiter.consume(source).catch((rejection: unknown) => {
      throw rejection instanceof RateLimiterRes ? tooManyFailures(rejection.msBeforeNext) : rejection;
    });
    throw trouble ?? unknown(token);
  }

  return async (request) => {
    const machine = cameFromMachine(request);
    const { authorization } = request.headers;
    const personId = request.headers[PERSON_HEADER];
    const address = clientAddress(request, trusts);
    if (machine && personId !== undefined) {
      const key = request.headers[KEY_HEADER];
      const login = { ...(typeof key === 'string' ? { key } : {}), ...from(address) };
      return keyHolder(store, lastUse, String(personId), login);
    }
    if (authorization !== undefined) {
      return byToken(authorization, address, sourceOfRequest(request, trusts));
    }
    if (machine && !isProxied(request)) return { person: ROOT, via: 'machine' };
    throw new Refusal(
      401,
      'token_missing',
      'this request says not who sends it',
      'set SLUICE_TOKEN, or send `Authorization: Bearer TOKEN`; with an SSH key, `sluice` needs neither',
    );
  };
}

function from(address: string | undefined): { address?: string } {
  return address === undefined ? {} : { address };
}

const MEND = 'set SLUICE_TOKEN to a valid one, or unset SLUICE_URL and use `sluice` over your own ssh';

function unknown(token: string): Refusal {
  return tokenShape(token) === 'damaged'
    ? new Refusal(401, 'token_invalid', 'this token was cut off or mistyped: its check sum is wrong', MEND)
    : new Refusal(401, 'token_invalid', 'this token is unknown', MEND);
}

/** Why a token is good no more; only who has all of it is told. */
function troubleOf({ name, revoked_at: revoked, expires_at: expires }: TokenRow): Refusal | undefined {
  if (revoked !== null) return new Refusal(401, 'token_revoked', `the token ${name} was revoked`, MEND);
  if (expires === null || expires > Date.now()) return undefined;
  const day = new Date(expires).toISOString().slice(0, 10);
  return new Refusal(401, 'token_expired', `the token ${name} expired on ${day}`, MEND);
}

/** A proxy in front of the socket speaks for strangers: what it passes on is never root's. */
function isProxied(request: IncomingMessage): boolean {
  return ['x-forwarded-for', 'x-forwarded-host', 'forwarded', 'via'].some(
    (name) => request.headers[name] !== undefined,
  );
}

function tooManyFailures(milliseconds: number): Refusal {
  const seconds = Math.ceil(milliseconds / 1000);
  return new TooManyRequests(
    'too_many_failures',
    'too many wrong tokens from this address',
    `try again in ${seconds} s with a valid token`,
    milliseconds,
  );
}

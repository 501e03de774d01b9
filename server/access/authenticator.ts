import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { PERSON_HEADER } from '../../core/contracts/internal.ts';
import { Refusal } from '../../core/reason.ts';
import { cameFromMachine } from '../http/origin.ts';
import type { Store } from '../store/store.ts';
import { limitsOf, type TokenRow } from '../store/tokens.ts';
import { TooManyRequests } from '../http/too-many-requests.ts';
import { type Principal, ROOT } from './principal.ts';

const TOKEN = /^Bearer +([\w.~+/=-]{1,512})$/i;
const FAILURES = { points: 20, duration: 60 };

export type Authenticate = (request: IncomingMessage) => Promise<Principal>;

/**
 * Tells who sends a request. Over the machine's own socket the person header counts, and without it the sender is
 * root; over TCP only a token does.
 *
 * A token that is right is served whatever others did before: all clients of a loopback port share one address, so
 * a limit that came first would let any of them lock out the rest. What it limits is the noise of wrong ones.
 * @throws Refusal 401 or 429, when called
 */
export function authenticator(
  { people, tokens }: Pick<Store, 'people' | 'tokens'>,
  failures: { points: number; duration: number } = FAILURES,
): Authenticate {
  const limiter = new RateLimiterMemory(failures);

  async function byToken(header: string, address: string): Promise<Principal> {
    const token = TOKEN.exec(header)?.[1];
    const row = token === undefined ? undefined : tokens.byHash(createHash('sha256').update(token).digest());
    const person = row && isGood(row) ? people.byId(row.person_id) : undefined;
    if (row && person) return { person, via: 'token', limits: limitsOf(row), credential: row.name };
    await limiter.consume(address).catch((rejection: unknown) => {
      throw rejection instanceof RateLimiterRes ? tooManyFailures(rejection.msBeforeNext) : rejection;
    });
    throw new Refusal(
      401,
      'token_invalid',
      'this token is unknown or has expired',
      'set SLUICE_TOKEN to a valid one, or unset SLUICE_URL and use `sluice` over your own ssh',
    );
  }

  return async (request) => {
    const machine = cameFromMachine(request);
    const { authorization } = request.headers;
    const personId = request.headers[PERSON_HEADER];
    if (machine && personId !== undefined) {
      const person = people.byId(String(personId));
      if (person) return { person, via: 'key' };
      throw new Refusal(
        401,
        'person_unknown',
        'this person is not known any more',
        'ask an admin to type `sluice keys:add --person NAME`',
      );
    }
    if (authorization !== undefined) {
      return byToken(authorization, machine ? 'machine' : (request.socket.remoteAddress ?? ''));
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

function isGood({ revoked_at, expires_at }: TokenRow): boolean {
  return revoked_at === null && (expires_at === null || expires_at > Date.now());
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

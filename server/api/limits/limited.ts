import type { IncomingMessage, ServerResponse } from 'node:http';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Refusal } from '../../../core/reason.ts';
import type { Authenticate } from '../../access/authenticator.ts';
import { sourceOfRequest } from '../../http/client-address.ts';
import { TooManyRequests } from '../../http/too-many-requests.ts';
import type { Trusts } from '../../http/trusted-proxies.ts';
import type { RateLimits } from './rate-limits.ts';

/** Requests of an address a minute that do not say who sends them. */
const STRANGERS = { points: 120, duration: 60 };

/**
 * Tells who asks, and whether they ask too much. Strangers are counted by their address, and only they: behind a proxy that
 * is not trusted all clients share one, so what one of them does must not lock out another who is known.
 */
export function limited(
  authenticate: Authenticate,
  limits: RateLimits,
  answerTo: (request: IncomingMessage) => ServerResponse | undefined,
  trusts: Trusts,
  strangers: { points: number; duration: number } = STRANGERS,
): Authenticate {
  const byAddress = new RateLimiterMemory(strangers);

  async function countStranger(request: IncomingMessage): Promise<void> {
    await byAddress.consume(sourceOfRequest(request, trusts)).catch((rejection: unknown) => {
      if (!(rejection instanceof RateLimiterRes)) throw rejection;
      throw new TooManyRequests(
        'rate_limited',
        'too many requests from this address that say not who sends them',
        'send a valid token: those who do are not limited by this',
        rejection.msBeforeNext,
      );
    });
  }

  return async (request) => {
    const principal = await authenticate(request).catch(async (error: unknown) => {
      if (error instanceof Refusal && error.status === 401) await countStranger(request);
      throw error;
    });
    await limits.admit(principal, request, answerTo(request));
    return principal;
  };
}

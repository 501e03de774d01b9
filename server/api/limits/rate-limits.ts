import type { IncomingMessage, ServerResponse } from 'node:http';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Principal } from '../../access/principal.ts';
import { TooManyRequests } from '../../http/too-many-requests.ts';

/** What one client may ask of the API; 0: as much as it likes. */
export interface RateLimitPolicy {
  /** GET and HEAD requests a minute. */
  readonly reads: number;
  /** All other requests a minute. */
  readonly writes: number;
  /** Answers that are open at a time: logs that are followed, events, commands that run. */
  readonly streams: number;
}

const WINDOW_SECONDS = 60;
/** However long a client waits for one of its own streams to end, nothing tells it: it asks again. */
const STREAM_WAIT_MS = 5_000;

type Bucket = 'reads' | 'writes';

/**
 * Counts what each client asks. A client is a token, or the person whose key it is; so nobody uses up what is another's,
 * and requests that nobody is known to have sent count for none. Root on the machine is not limited.
 */
export class RateLimits {
  readonly #policy: RateLimitPolicy;
  readonly #limiters: Readonly<Record<Bucket, RateLimiterMemory>>;
  readonly #streams = new Map<string, number>();

  constructor(policy: RateLimitPolicy) {
    this.#policy = policy;
    const limiter = (points: number): RateLimiterMemory =>
      new RateLimiterMemory({ points: Math.max(1, points), duration: WINDOW_SECONDS });
    this.#limiters = { reads: limiter(policy.reads), writes: limiter(policy.writes) };
  }

  /**
   * Counts one request, and says on its answer what is left (draft-ietf-httpapi-ratelimit-headers-10).
   * @param answer undefined where the answer is not HTTP any more
   * @throws TooManyRequests `rate_limited`
   */
  async admit(
    principal: Principal,
    request: IncomingMessage,
    answer: Pick<ServerResponse, 'setHeader'> | undefined,
  ): Promise<void> {
    const bucket: Bucket = request.method === 'GET' || request.method === 'HEAD' ? 'reads' : 'writes';
    const client = clientOf(principal);
    const points = this.#policy[bucket];
    if (client === undefined || points === 0) return;
    const { counted, over } = await this.#consume(bucket, client);
    const seconds = Math.ceil(counted.msBeforeNext / 1_000);
    answer?.setHeader('RateLimit-Policy', `"${bucket}";q=${points};w=${WINDOW_SECONDS}`);
    answer?.setHeader('RateLimit', `"${bucket}";r=${Math.max(0, counted.remainingPoints)};t=${seconds}`);
    if (!over) return;
    throw new TooManyRequests(
      'rate_limited',
      `more than ${points} ${bucket} in ${WINDOW_SECONDS} s`,
      `wait ${seconds} s; follow a log or the events instead of asking again and again`,
      counted.msBeforeNext,
    );
  }

  /** Takes one of the client's places for open answers. @returns gives it back. @throws TooManyRequests `too_many_streams` */
  openStream(principal: Principal): () => void {
    const client = clientOf(principal);
    const { streams } = this.#policy;
    if (client === undefined || streams === 0) return () => undefined;
    const open = this.#streams.get(client) ?? 0;
    if (open >= streams) {
      throw new TooManyRequests(
        'too_many_streams',
        `${open} logs, events or commands of yours are open already`,
        'end one of them first',
        STREAM_WAIT_MS,
      );
    }
    this.#streams.set(client, open + 1);
    let held = true;
    return () => {
      if (held) this.#close(client);
      held = false;
    };
  }

  #close(client: string): void {
    const left = (this.#streams.get(client) ?? 1) - 1;
    if (left === 0) this.#streams.delete(client);
    else this.#streams.set(client, left);
  }

  async #consume(bucket: Bucket, client: string): Promise<{ counted: RateLimiterRes; over: boolean }> {
    try {
      return { counted: await this.#limiters[bucket].consume(client), over: false };
    } catch (rejection) {
      if (rejection instanceof RateLimiterRes) return { counted: rejection, over: true };
      throw rejection;
    }
  }
}

/** A token by its id, however its header is written. */
function clientOf({ via, tokenId, person }: Principal): string | undefined {
  if (via === 'machine') return undefined;
  return tokenId === undefined ? `person:${person.id}` : `token:${tokenId}`;
}

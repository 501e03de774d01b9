import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Refusal } from '../../core/reason.ts';

/** Messages of one address, before anything is read of them. Senders share few addresses, and send in bursts. */
const FROM_ADDRESS = { points: 3_000, duration: 10 };
/** Messages whose signature was wrong, of one address. What is right is served whatever others at that address did. */
const WRONG = { points: 60, duration: 60 };
/** Messages of one hook whose signature was right. */
const OF_HOOK = { points: 2_000, duration: 10 };

export interface Limits {
  readonly fromAddress: { points: number; duration: number };
  readonly wrong: { points: number; duration: number };
  readonly ofHook: { points: number; duration: number };
}

/** Seconds after which it may be tried again, where a limit is reached. */
export class TooMany extends Refusal {
  readonly seconds: number;

  constructor(what: string, milliseconds: number) {
    const seconds = Math.max(1, Math.ceil(milliseconds / 1_000));
    super(429, 'too_many_messages', `too many ${what}`, `send it again in ${seconds} s`);
    this.name = 'TooMany';
    this.seconds = seconds;
  }
}

export class HookLimits {
  readonly #fromAddress: RateLimiterMemory;
  readonly #wrong: RateLimiterMemory;
  readonly #ofHook: RateLimiterMemory;

  constructor(limits: Partial<Limits> = {}) {
    this.#fromAddress = new RateLimiterMemory(limits.fromAddress ?? FROM_ADDRESS);
    this.#wrong = new RateLimiterMemory(limits.wrong ?? WRONG);
    this.#ofHook = new RateLimiterMemory(limits.ofHook ?? OF_HOOK);
  }

  /** @throws TooMany */
  async fromAddress(address: string): Promise<void> {
    await consume(this.#fromAddress, source(address), 'messages from this address');
  }

  /** @throws TooMany */
  async wrong(address: string): Promise<void> {
    await consume(this.#wrong, source(address), 'messages with a wrong signature from this address');
  }

  /** @throws TooMany */
  async ofHook(hookId: string): Promise<void> {
    await consume(this.#ofHook, hookId, 'messages for this hook');
  }
}

async function consume(limiter: RateLimiterMemory, key: string, what: string): Promise<void> {
  await limiter.consume(key).catch((rejection: unknown) => {
    throw rejection instanceof RateLimiterRes ? new TooMany(what, rejection.msBeforeNext) : rejection;
  });
}

/** Whoever has an IPv6 address has all of its /64. */
function source(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const zeros = Array<string>(Math.max(0, tail === undefined ? 0 : 8 - left.length - right.length)).fill('0');
  const groups = [...left, ...zeros, ...right];
  // An IPv4 address in IPv6 clothes is one of many.
  return address.includes('.') ? address : groups.slice(0, 4).join(':');
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { HeaderOf, HookKind } from '../../core/hooks/wish.ts';

/** Seconds that a signed time stamp may be off, both ways. */
const TOLERANCE_SECONDS = 300;
/** A message with a time stamp cannot come again after that; with some room for clocks that are set, in milliseconds. */
const STAMPED_MS = 3 * TOLERANCE_SECONDS * 1_000;
/** Of a message that nothing tells from a later one with the same body, in milliseconds. */
const UNNAMED_MS = 10 * 60_000;
/** What carries no time is remembered for so long, in milliseconds: 400 days. */
const UNSTAMPED_MS = 400 * 24 * 3_600_000;
/** Signatures in one header; more than one comes while a sender changes its secret. */
const MOST_SIGNATURES = 8;
const SECRET_PREFIX = 'whsec_';

export interface Verified {
  /** What makes a repeat of this message: an id that is signed, else the hash of the body that is. */
  readonly key: Buffer;
  /** Milliseconds for which a repeat is to be known. */
  readonly rememberMs: number;
  /** Signed by its sender too long ago, or in the future: a replay, or a clock that is wrong. */
  readonly stale: boolean;
}

/**
 * Whether a message is by who knows one of the secrets. On the bytes as they came, in constant time, and always with the
 * same work: who guesses learns nothing from how long it took.
 *
 * GitHub: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries, HMAC over the body alone.
 * GitLab and ours: https://github.com/standard-webhooks/standard-webhooks, HMAC over id, time and body. GitLab without a
 * signing token sends its secret token instead.
 * @param now milliseconds since 1970
 */
export function verify(
  kind: HookKind,
  secrets: readonly string[],
  header: HeaderOf,
  body: Uint8Array,
  now: number,
): Verified | undefined {
  const id = header('webhook-id') ?? '';
  const time = header('webhook-timestamp') ?? '';
  const stamped = header('webhook-signature');
  // Whoever takes the signature away must not get by with less.
  const byToken = kind === 'gitlab' && stamped === undefined && header('webhook-id') === undefined;
  const given =
    kind === 'github' ? [githubSignature(header)] : byToken ? [header('x-gitlab-token')] : split(stamped);
  let right = false;
  for (const secret of secrets) {
    const overBody = createHmac('sha256', secret).update(body).digest();
    const overAll = createHmac('sha256', keyOf(secret)).update(`${id}.${time}.`).update(body).digest();
    const wanted =
      kind === 'github' ? overBody.toString('hex') : byToken ? secret : `v1,${overAll.toString('base64')}`;
    for (const one of given) if (isSame(one ?? '', wanted)) right = true;
  }
  if (!right) return undefined;
  if (byToken) return { ...sentOnce(header, body), stale: false };
  if (kind === 'github') return { key: hash(body), rememberMs: UNSTAMPED_MS, stale: false };
  // A signature over nothing that tells messages apart would be good for ever.
  if (id === '' || id.length > 256 || !/^\d{1,12}$/.test(time)) return undefined;
  const stale = Math.abs(now / 1_000 - Number(time)) > TOLERANCE_SECONDS;
  return { key: hash(Buffer.from(`id:${id}`)), rememberMs: STAMPED_MS, stale };
}

/** As much work as `verify` does, for a hook that is not there. */
export function verifyNothing(header: HeaderOf, body: Uint8Array, now: number): void {
  verify('generic', [DECOY], header, body, now);
}

export function hash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

const DECOY = `${SECRET_PREFIX}${Buffer.alloc(32, 1).toString('base64')}`;

function githubSignature(header: HeaderOf): string | undefined {
  return /^sha256=([0-9a-f]{64})$/.exec(header('x-hub-signature-256') ?? '')?.[1];
}

function split(signatures: string | undefined): string[] {
  return (signatures ?? '').split(' ').filter(Boolean).slice(0, MOST_SIGNATURES);
}

/** Standard Webhooks sign with the bytes behind the prefix. */
function keyOf(secret: string): Buffer {
  return secret.startsWith(SECRET_PREFIX)
    ? Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
    : Buffer.from(secret);
}

/** Whatever their lengths. */
function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(hash(Buffer.from(given)), hash(Buffer.from(wanted)));
}

/**
 * A token signs nothing, so whoever has it can send what they like, and what is remembered is only for repeats that GitLab
 * sends itself. They carry the same id; without one the same body may be another push of the same commits.
 */
function sentOnce(header: HeaderOf, body: Uint8Array): { key: Buffer; rememberMs: number } {
  const id = header('idempotency-key') ?? header('x-gitlab-event-uuid');
  return id === undefined
    ? { key: hash(body), rememberMs: UNNAMED_MS }
    : { key: hash(Buffer.concat([Buffer.from(`id:${id}:`), body])), rememberMs: UNSTAMPED_MS };
}

import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

/** A new signing secret, as https://www.standardwebhooks.com has it: 24 to 64 bytes in base64. */
export function newSigningSecret(): string {
  return `${PREFIX}${randomBytes(32).toString('base64')}`;
}

export interface Signed {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/**
 * The headers by which a receiver knows that a message is ours, new and whole: `v1`, HMAC-SHA256 over id, time and body
 * (Standard Webhooks specification, "Signature scheme").
 * @param at seconds since 1970, of this attempt
 */
export function signed(secret: string, message: string, at: number, body: string): Signed {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const mac = createHmac('sha256', key).update(`${message}.${at}.${body}`).digest('base64');
  return { 'webhook-id': message, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${mac}` };
}

import { randomBytes } from 'node:crypto';

/** A new secret: 32 random bytes, written as Standard Webhooks and GitLab's signing token want it. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new id: 16 characters of a-z and 0-9 (80 random bits), fit for container names, labels and refs.
 * Never reused, so that nothing of an old thing falls to a new one of its name.
 */
export function newId(): string {
  return Array.from(randomBytes(16), (byte) => ALPHABET[byte & 31]).join('');
}

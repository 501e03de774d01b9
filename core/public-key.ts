import { createHash } from 'node:crypto';
import { Refusal } from './reason.ts';

export interface PublicKey {
  readonly algorithm: string;
  readonly blob: Buffer;
  readonly comment: string;
  /** `SHA256:…` as OpenSSH prints it. */
  readonly fingerprint: string;
}

const ALGORITHMS = new Set([
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
]);
/** Shortest RSA modulus taken, in bits; OpenSSH's own default limit for new keys is 3072, for old ones 2048. */
const RSA_BITS = 2048;

export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/**
 * Reads one line of an authorized_keys or .pub file (RFC 4253, section 6.6), without options.
 * @throws Refusal 422 `key_invalid`, which says what a right one looks like
 */
export function parsePublicKey(line: string): PublicKey {
  const [algorithm = '', encoded = '', ...comment] = line.trim().split(/[ \t]+/);
  if (line.includes('PRIVATE KEY')) {
    throw invalid(
      'this is a private key; it must never leave your machine',
      'give the file that ends in .pub',
    );
  }
  if (!ALGORITHMS.has(algorithm)) {
    throw invalid(`this is not a public key that we take: it starts with "${algorithm.slice(0, 30)}"`);
  }
  const blob = Buffer.from(encoded, 'base64');
  const fields = sshStrings(blob);
  if (fields.length < 2 || fields[0]?.toString('latin1') !== algorithm) {
    throw invalid('the key is cut off or changed: its inside does not match its name');
  }
  if (algorithm === 'ssh-rsa' && bits(fields[2]) < RSA_BITS) {
    throw invalid(`RSA keys need at least ${RSA_BITS} bits, this one has ${bits(fields[2])}`);
  }
  return {
    algorithm,
    blob,
    comment: comment
      .join(' ')
      .replace(/[^\x20-\x7e]/g, '')
      .slice(0, 200),
    fingerprint: fingerprintOf(blob),
  };
}

function invalid(
  message: string,
  hint = 'make one with `ssh-keygen -t ed25519` and give the .pub file',
): Refusal {
  return new Refusal(422, 'key_invalid', message, hint);
}

function bits(modulus: Buffer | undefined): number {
  if (!modulus) return 0;
  const start = modulus.findIndex((byte) => byte !== 0);
  if (start < 0) return 0;
  return (modulus.length - start - 1) * 8 + (32 - Math.clz32(modulus[start] as number));
}

/** The length-prefixed fields of a key blob; empty when it is not well formed. */
function sshStrings(blob: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let at = 0;
  while (at + 4 <= blob.length) {
    const length = blob.readUInt32BE(at);
    if (at + 4 + length > blob.length) return [];
    fields.push(blob.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return at === blob.length ? fields : [];
}

import { generateKeyPairSync, randomBytes } from 'node:crypto';

const ALGORITHM = Buffer.from('ssh-ed25519');
/** Block size that the private part is padded to when it is not encrypted (PROTOCOL.key). */
const BLOCK = 8;

export function generateHostKey(comment: string): string {
  return generateSshKey(comment).privateKey;
}

export interface SshKeyPair {
  /** A whole file, ending with a line feed. */
  readonly privateKey: string;
  /** One line, as in authorized_keys. */
  readonly publicKey: string;
}

/**
 * Makes an Ed25519 key pair as ssh-keygen would write it, without a passphrase (openssh/PROTOCOL.key).
 * Our own, as ssh2's generator now and then writes a key that neither it nor OpenSSH can read.
 */
export function generateSshKey(comment: string): SshKeyPair {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const seed = Buffer.from(d, 'base64url');
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    string(ALGORITHM),
    string(publicKey),
    string(Buffer.concat([seed, publicKey])),
    string(Buffer.from(comment)),
  ]);
  const padding = Buffer.from(
    Array.from({ length: (BLOCK - (secret.length % BLOCK)) % BLOCK }, (_, i) => i + 1),
  );
  const blob = Buffer.concat([string(ALGORITHM), string(publicKey)]);
  const none = string(Buffer.from('none'));
  const key = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    string(Buffer.alloc(0)),
    uint32(1),
    string(blob),
    string(Buffer.concat([secret, padding])),
  ]);
  const lines = key.toString('base64').match(/.{1,70}/g) ?? [];
  const frame = ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''];
  return {
    privateKey: frame.join('\n'),
    publicKey: `${ALGORITHM.toString()} ${blob.toString('base64')} ${comment}`,
  };
}

function string(bytes: Buffer): Buffer {
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

import { randomBytes } from 'node:crypto';

/** A well-formed ed25519 public key line; nobody has its private half. */
export function publicKeyLine(comment = 'someone@laptop'): string {
  const blob = Buffer.concat([field(Buffer.from('ssh-ed25519')), field(randomBytes(32))]);
  return `ssh-ed25519 ${blob.toString('base64')} ${comment}`;
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

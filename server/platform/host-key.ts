import { readFile } from 'node:fs/promises';
import { fingerprintOf } from '../../core/public-key.ts';

const MAGIC = 'openssh-key-v1\0';

/**
 * Fingerprint of the SSH front's host key, which the front makes at its first start. The public key stands in clear
 * inside the private key's file (OpenSSH's PROTOCOL.key: magic, three strings, a count, the public key).
 */
export async function hostKeyFingerprint(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return 'not made yet: the SSH front has not started';
  const bytes = Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw new Error(`${file} is not an OpenSSH private key`);
  let at = MAGIC.length;
  for (let field = 0; field < 3; field++) at += 4 + bytes.readUInt32BE(at);
  at += 4;
  return fingerprintOf(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)));
}

import { pino } from 'pino';
import type { PublicKeyAuthContext } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { Authentication } from '../../../server/git/authentication.ts';
import { ServerClient } from '../../../server/git/server-client.ts';

/** As keys are on the wire: each field behind its length (RFC 4251, 5). */
function wire(...fields: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.from(field as string);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

const EXPONENT = Buffer.from([1, 0, 1]);

describe('what a stranger gives for a key', () => {
  test.each([
    ['an RSA key without a modulus', 'ssh-rsa', wire('ssh-rsa', EXPONENT, '')],
    ['an RSA key without an exponent', 'ssh-rsa', wire('ssh-rsa', '', Buffer.alloc(256, 7))],
    ['an ECDSA key without a point', 'ecdsa-sha2-nistp256', wire('ecdsa-sha2-nistp256', 'nistp256', '')],
    ['a DSA key of nothing', 'ssh-dss', wire('ssh-dss', '', '', '', '')],
    ['an Ed25519 key that is too short', 'ssh-ed25519', wire('ssh-ed25519', 'x')],
    ['no key at all', 'ssh-ed25519', Buffer.alloc(0)],
  ])('%s is refused as a key that nobody has, and nobody is asked', async (_, algo, data) => {
    const given = Promise.withResolvers<readonly string[] | undefined>();
    const context = {
      method: 'publickey',
      key: { algo, data },
      accept: () => given.reject(new Error('it was let in')),
      reject: (methods?: readonly string[]) => given.resolve(methods),
    } as unknown as PublicKeyAuthContext;
    const nobody = new ServerClient('/nonexistent/server.sock');
    const { signal } = new AbortController();
    const authentication = new Authentication(nobody, signal, pino({ level: 'silent' }));
    expect(await authentication.answer(context)).toBe(true);
    expect(await given.promise).toEqual(['publickey']);
    expect(authentication.person).toBeUndefined();
  });
});

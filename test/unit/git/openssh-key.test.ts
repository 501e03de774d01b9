import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { expect, test } from 'vitest';
import { generateHostKey } from '../../../server/git/openssh-key.ts';

test('every host key can be read and signs what its public half verifies', () => {
  // A generator that loses leading zero bytes fails about once in 128 keys.
  for (let i = 0; i < 1_500; i += 1) {
    const key = ssh2.utils.parseKey(generateHostKey('sluice')) as ParsedKey;
    expect(key).not.toBeInstanceOf(Error);
    const signature = key.sign('hello');
    const publicKey = ssh2.utils.parseKey(key.getPublicSSH()) as ParsedKey;
    expect(publicKey.verify('hello', signature)).toBe(true);
  }
});

test('ssh-keygen reads it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-host-key-'));
  try {
    const file = join(folder, 'key');
    const text = generateHostKey('sluice');
    writeFileSync(file, text, { mode: 0o600 });
    const line = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' });
    const key = ssh2.utils.parseKey(text) as ParsedKey;
    expect(line).toBe(`ssh-ed25519 ${key.getPublicSSH().toString('base64')} sluice\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

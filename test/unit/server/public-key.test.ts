import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parsePublicKey } from '../../../core/public-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

function made(...args: string[]): { line: string; fingerprint: string; file: string } {
  const file = join(folder, args.join(''));
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', 'alice@laptop', '-f', file, ...args]);
  const shown = execFileSync('ssh-keygen', ['-lf', `${file}.pub`]).toString();
  return { line: readFileSync(`${file}.pub`, 'utf8'), fingerprint: shown.split(' ')[1] as string, file };
}

test.each([
  ['-t', 'ed25519'],
  ['-t', 'ecdsa', '-b', '384'],
  ['-t', 'rsa', '-b', '2048'],
])('a key of ssh-keygen %s %s has the fingerprint that ssh-keygen shows', (...args) => {
  const key = made(...args);
  expect(parsePublicKey(key.line)).toMatchObject({ fingerprint: key.fingerprint, comment: 'alice@laptop' });
});

test('what is no usable public key is refused with what to do', () => {
  const ed = made('-t', 'ed25519', '-a', '1');
  const refused = [
    ['', /not a public key/],
    [readFileSync(ed.file, 'utf8'), /private key/],
    [ed.line.slice(0, 40), /cut off/],
    [ed.line.replace('ssh-ed25519', 'ssh-rsa'), /does not match/],
    [made('-t', 'rsa', '-b', '1024').line, /at least 2048 bits, this one has 1024/],
    ['command="rm -rf /" ssh-ed25519 AAAA', /not a public key/],
  ] as const;
  for (const [line, message] of refused) expect(() => parsePublicKey(line)).toThrow(message);
});

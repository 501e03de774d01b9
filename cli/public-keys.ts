import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { messageOf, misuse } from './failure.ts';
import type { Context } from './context.ts';

/** As ssh itself tries them. */
const PREFERRED = ['id_ed25519.pub', 'id_ecdsa.pub', 'id_ed25519_sk.pub', 'id_ecdsa_sk.pub', 'id_rsa.pub'];

/** Public keys in ~/.ssh, those that ssh offers by itself first. */
export async function publicKeyFiles(home: string): Promise<string[]> {
  const folder = join(home, '.ssh');
  const names = (await readdir(folder).catch(() => [])).filter(
    (name) => name.endsWith('.pub') && !name.endsWith('-cert.pub'),
  );
  return names.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b)).map((name) => join(folder, name));
}

function rank(name: string): number {
  const at = PREFERRED.indexOf(name);
  return at === -1 ? PREFERRED.length : at;
}

/**
 * The one line of a public key: of the file that was named (`-` is stdin), else of the first one in ~/.ssh.
 * @throws Failure (misuse) when there is none, or when it is the private half
 */
export async function readPublicKey(
  context: Context,
  file: string | undefined,
): Promise<{ line: string; from: string }> {
  const from = file ?? (await publicKeyFiles(context.settings.home))[0];
  if (from === undefined) {
    throw misuse('there is no public key in ~/.ssh', 'Make one: ssh-keygen -t ed25519');
  }
  const held =
    from === '-'
      ? await text(context.terminal.stdin)
      : await readFile(from, 'utf8').catch((cause: unknown) => {
          throw misuse(
            `${from} cannot be read: ${messageOf(cause)}`,
            'Name the file of a public key, such as ~/.ssh/id_ed25519.pub',
          );
        });
  if (held.includes('PRIVATE KEY')) {
    throw misuse(
      `${from} is a private key, which never leaves your machine`,
      `Give the public half: ${from}.pub`,
    );
  }
  const lines = held
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [line] = lines;
  if (line === undefined || lines.length > 1) {
    throw misuse(`${from} holds ${lines.length} keys; one is wanted`, 'Give one line of a .pub file');
  }
  return { line, from };
}

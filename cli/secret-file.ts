import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Context } from './context.ts';
import { messageOf, misuse } from './failure.ts';

/**
 * A token out of a file, where neither the history of a shell nor a list of processes sees it.
 * @param file `-`: stdin
 * @throws Failure (misuse) when it cannot be read or holds more than one line
 */
export async function readSecretFile(context: Context, file: string): Promise<string> {
  const held =
    file === '-'
      ? await text(context.terminal.stdin)
      : await readFile(file, 'utf8').catch((cause: unknown) => {
          throw misuse(
            `${file} cannot be read: ${messageOf(cause)}`,
            'Name a file that holds the token, or - for stdin',
          );
        });
  const secret = held.trim();
  if (secret === '' || /\s/.test(secret)) {
    throw misuse(
      `${file === '-' ? 'stdin' : file} does not hold one token`,
      'Give the token alone, on one line',
    );
  }
  return secret;
}

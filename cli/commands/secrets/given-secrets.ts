import type { Context } from '../../context.ts';
import { failed, misuse } from '../../failure.ts';
import { typeNext } from '../../hints.ts';
import { askHidden } from '../../prompt.ts';
import { addFiles, addValue, splitPair, valueOfStdin } from '../config/given-values.ts';

/**
 * Values of secrets from where no shell remembers them: asked for without an echo, from stdin, or from files.
 * @param names `NAME`, `NAME=-` (stdin) or, with a warning, `NAME=VALUE`
 * @param files `NAME=PATH`
 */
export async function givenSecrets(
  context: Context,
  names: readonly string[],
  files: readonly string[],
): Promise<Record<string, string>> {
  const given = new Map<string, string>();
  const asked: string[] = [];
  const stdin: string[] = [];
  const seen: string[] = [];
  for (const [index, word] of names.entries()) {
    const { key, value } = splitPair(word, `argument ${index + 1}`);
    addValue(given, key, value ?? '');
    if (value === '-') stdin.push(key);
    else if (value === undefined) asked.push(key);
    else seen.push(key);
  }
  await addFiles(given, files);
  if (given.size === 0) throw misuse('no secret is named', 'Type: sluice secrets:set NAME');
  const { terminal } = context;
  if (!terminal.canAsk) stdin.push(...asked);
  if (stdin.length > 1) {
    throw misuse(
      `stdin holds one value, and ${stdin.join(', ')} want it`,
      'Several at once, as NAME=value lines: sluice secrets:import - < FILE',
    );
  }
  for (const key of stdin) given.set(key, present(key, await valueOfStdin(terminal.stdin, key)));
  if (terminal.canAsk) for (const [key, value] of await askFor(context, asked)) given.set(key, value);
  if (seen.length > 0) warnOfShell(context, seen);
  return Object.fromEntries(given);
}

export async function askFor(
  { terminal }: Context,
  keys: readonly string[],
): Promise<[key: string, value: string][]> {
  const typed = await askHidden(
    terminal,
    keys.map((key) => `Value of ${key} (not shown): `),
  );
  return keys.map((key, index) => [key, present(key, typed[index] ?? '')]);
}

/** Nothing is what an empty pipe and a slip of the Enter key give. */
export function present(key: string, value: string): string {
  if (value !== '') return value;
  throw failed(
    'secret_empty',
    `the value of ${key} is empty: nothing was set`,
    'If it is to be empty, say so: --from-file KEY=/dev/null',
  );
}

function warnOfShell(context: Context, keys: readonly string[]): void {
  context.out.warn(
    `${keys.join(', ')}: the shell's history and its process list have seen the value; next time ${typeNext(context, `secrets:set ${keys.join(' ')}`)} asks for it`,
  );
}

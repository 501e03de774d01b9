import { parseEnvFile } from '../../../core/config/env-file.ts';
import type { Context } from '../../context.ts';
import { Exit, Failure, misuse } from '../../failure.ts';
import { textOfStdin, valueOfFile } from './given-values.ts';

/** Problems that are shown; a file of another kind has one a line. */
const SHOWN = 10;

/**
 * The values of a .env file; `-` is stdin, and so is no name where stdin is not a terminal.
 * @throws Failure naming each line that is not understood
 */
export async function readEnvFile(
  context: Context,
  file: string | undefined,
): Promise<Record<string, string>> {
  const { terminal } = context;
  if (file === undefined && terminal.canAsk)
    throw misuse('no file is named', 'Give one, such as .env; "-" reads stdin');
  const isStdin = file === undefined || file === '-';
  const held = isStdin ? await textOfStdin(terminal.stdin) : await valueOfFile(file);
  const from = isStdin ? 'stdin' : file;
  const { values, problems } = { values: undefined, ...parseEnvFile(held) };
  if (problems !== undefined) throw notUnderstood(from, problems);
  if (values.size === 0) throw misuse(`${from} sets nothing`, 'A line reads KEY=value');
  return Object.fromEntries(values);
}

export function notUnderstood(
  from: string,
  problems: readonly { readonly line: number; readonly message: string }[],
): Failure {
  const lines = problems.slice(0, SHOWN).map(({ line, message }) => `${from}:${line}: ${message}`);
  const more = problems.length - lines.length;
  return new Failure(Exit.failed, {
    code: 'env_file_invalid',
    message: `${from} is not understood, so nothing was set`,
    hint: 'Mend it and try again',
    detail: more > 0 ? [...lines, `and ${more} more`] : lines,
  });
}

/** `A, B and 12 more`: the keys of a file may be many. */
export function namesOf(keys: readonly string[]): string {
  const most = 10;
  const shown = keys.slice(0, most).join(', ');
  return keys.length > most ? `${shown} and ${keys.length - most} more` : shown;
}

import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { SURELY_A_KEY } from '../../../core/config/env-file.ts';
import { configKeyFault } from '../../../core/config-key.ts';
import { messageOf, misuse } from '../../failure.ts';

/**
 * Splits at the first `=`; `value` is undefined without one.
 * @param place where the pair stands, such as "argument 2": a word that is no pair may be a secret, so it is not shown
 * @throws Failure (misuse) for a key that cannot be one
 */
export function splitPair(pair: string, place: string): { key: string; value: string | undefined } {
  const at = pair.indexOf('=');
  const key = at === -1 ? pair : pair.slice(0, at);
  const fault = configKeyFault(key);
  if (fault !== undefined) throw misuse(`${at > 0 && SURELY_A_KEY.test(key) ? key : place}: ${fault}`);
  return { key, value: at === -1 ? undefined : pair.slice(at + 1) };
}

/** @throws Failure (misuse) when a key is there already */
export function addValue(values: Map<string, string>, key: string, value: string): void {
  if (values.has(key)) throw misuse(`${key} is given twice`);
  values.set(key, value);
}

/** A value from stdin, without the line end that `echo` and editors put there. */
export async function valueOfStdin(stdin: Readable, key: string): Promise<string> {
  return utf8(await buffer(stdin), `stdin, for ${key},`).replace(/\r?\n$/, '');
}

/** All of stdin, to the byte. @throws Failure (misuse) when it is no text */
export async function textOfStdin(stdin: Readable): Promise<string> {
  return utf8(await buffer(stdin), 'stdin');
}

/** A value from a file, to the byte: what signs or parses it may need the last line end. @throws Failure (misuse) */
export async function valueOfFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw misuse(`${path} cannot be read: ${messageOf(cause)}`);
  });
  return utf8(bytes, path);
}

/** `KEY=PATH`, several times. */
export async function addFiles(values: Map<string, string>, pairs: readonly string[]): Promise<void> {
  for (const [index, pair] of pairs.entries()) {
    const place = `--from-file${pairs.length === 1 ? '' : ` number ${index + 1}`}`;
    const { key, value: path } = splitPair(pair, place);
    if (path === undefined || path === '') throw misuse(`${place} names no file`, 'Give it as KEY=PATH');
    addValue(values, key, await valueOfFile(path));
  }
}

function utf8(bytes: Uint8Array, from: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw misuse(
      `${from} is not text in UTF-8, and a variable can only hold text`,
      'Encode it, and let the app decode it: base64 -w0 FILE | sluice secrets:set KEY',
    );
  }
}

import type { Redactor } from '../../../../core/redaction/redactor.ts';

const ALPHABETS = [
  'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  'ab',
  '0123456789abcdef',
  ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  'aZ09-_.~!*\'()/ +%&=?\\"<>',
  'aéßñ漢字🙂€\u00a0\u2028',
  'ab\t\u0008\u000c"\\/é🙂',
  'abc\n',
  'aB3\r\n -',
];

type Random = () => number;

export function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

export function pick<T>(random: Random, things: readonly T[]): T {
  return things[below(random, things.length)] as T;
}

/** Any text of 8 or more characters that is not blank, mostly short. */
export function anySecret(random: Random): string {
  const letters = Array.from(pick(random, ALPHABETS));
  const length = 8 + below(random, random() < 0.1 ? 300 : 24);
  const text = Array.from({ length }, () => pick(random, letters)).join('');
  return text.trim().length >= 8 ? text : anySecret(random);
}

/** Text that cannot hold a secret of `anySecret` by chance, with bytes that begin escapes. */
export function anySurroundings(random: Random): string {
  const letters = Array.from('xyzXYZ \n"\\%+=/:{}[],.é漢');
  return Array.from({ length: below(random, 60) }, () => pick(random, letters)).join('');
}

/** All of a stream, given in chunks that end anywhere. */
export function inChunks(redactor: Redactor, bytes: Buffer, random: Random): Buffer {
  const stream = redactor.stream();
  const parts: Buffer[] = [];
  const largest = pick(random, [1, 2, 5, 17, 200]);
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + below(random, largest);
    const chunk = Buffer.from(bytes.subarray(at, end));
    parts.push(Buffer.from(stream.push(chunk)));
    // A chunk belongs to whoever gave it.
    chunk.fill(0);
    at = end;
  }
  parts.push(stream.end());
  return Buffer.concat(parts);
}

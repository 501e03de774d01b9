import { Redactor, type RedactedStream } from '../../core/redaction/redactor.ts';
import { seeded } from '../../test/support/random.ts';
import { report } from '../report.ts';

const SECRETS = 200;
const BYTES = 16 * 1024 * 1024;
const ROUNDS = 5;
const CHUNKS = [1, 16, 64].map((kilobytes) => kilobytes * 1024);
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=!$%&';
const WORDS =
  'the build step installed package from registry with version and compiled module src/index.ts into dist error warning 12:34:56 GET /api/users 200 npm WARN deprecated'.split(
    ' ',
  );

/** Logs through the filter that cuts secrets out, against a copy of the same stream. */
export async function redaction(): Promise<void> {
  const random = seeded(6);
  const letters = (length: number): string =>
    Array.from({ length }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('');
  const secrets = Array.from({ length: SECRETS - 1 }, (_, index) => ({
    name: `SECRET_${index}`,
    value: index % 10 === 0 ? `postgres://shop:${letters(20)}@db.example.com:5432/shop` : letters(40),
  }));
  const body = Array.from({ length: 50 }, () => letters(64)).join('\n');
  secrets.push({
    name: 'KEY',
    value: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
  });
  report.title(`secrets cut out of logs: ${SECRETS} secrets, ${ROUNDS} pairs, processor time`);
  const began = performance.now();
  const redactor = new Redactor(secrets);
  report.line(`   made in ${(performance.now() - began).toFixed(0)} ms`);
  const word = (): string => WORDS[Math.floor(random() * WORDS.length)] ?? '';
  const secret = (): string => secrets[Math.floor(random() * secrets.length)]?.value ?? '';
  const line = (): string => `${Array.from({ length: 12 }, word).join(' ')}\n`;
  const logs: Readonly<Record<string, () => string>> = {
    'lines of words': line,
    base64: () => `${Buffer.from(letters(57)).toString('base64')}\n`,
    JSON: () =>
      `${JSON.stringify({ level: 30, msg: line(), url: encodeURIComponent(line()), id: letters(24) })}\n`,
    'beginnings of secrets': () => `${secret().slice(0, Math.floor(random() * 8))} ${word()} `,
    'a secret in 20 lines': () => line().repeat(20) + secret(),
  };
  for (const [name, more] of Object.entries(logs)) {
    const bytes = filled(more);
    for (const chunk of CHUNKS) {
      const ours: number[] = [];
      const theirs: number[] = [];
      pass(bytes, chunk, redactor.stream());
      for (let round = 0; round < ROUNDS; round++) {
        ours.push(rate(bytes, chunk, redactor.stream()));
        theirs.push(rate(bytes, chunk, copy()));
      }
      report.line(`   ${name}, chunks of ${chunk / 1024} KB; by hand: the same stream, copied`);
      report.pairs(ours, theirs, 'MB/s', '>= 100 MB/s');
    }
  }
}

function filled(more: () => string): Buffer {
  const parts: string[] = [];
  for (let size = 0; size < BYTES; size += parts.at(-1)?.length ?? 0) parts.push(more());
  return Buffer.from(parts.join(''));
}

function copy(): RedactedStream {
  return { push: (chunk) => Buffer.from(chunk), end: () => Buffer.alloc(0) };
}

function rate(bytes: Buffer, chunk: number, stream: RedactedStream): number {
  const before = process.cpuUsage().user;
  pass(bytes, chunk, stream);
  // A copy may be quicker than the clock is fine.
  return bytes.length / Math.max(1, process.cpuUsage().user - before);
}

function pass(bytes: Buffer, chunk: number, stream: RedactedStream): void {
  for (let at = 0; at < bytes.length; at += chunk) stream.push(bytes.subarray(at, at + chunk));
  stream.end();
}

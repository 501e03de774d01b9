import { expect, it } from 'vitest';
import { Redactor } from '../../../core/redaction/redactor.ts';

const BODY = ['MIIEvQIBADANBgkqhkiG9w0BAQEFAASC', 'BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj', 'Xw=='];
const KEY = ['-----BEGIN PRIVATE KEY-----', ...BODY, '-----END PRIVATE KEY-----', ''].join('\n');

const redactor = new Redactor([
  { name: 'TLS_KEY', value: KEY },
  { name: 'DATABASE_URL', value: 'postgres://shop:correct%2Dhorse@db:5432/shop' },
  { name: 'SHORT', value: 'seven77' },
  { name: 'BLANK', value: '            ' },
]);

/** What has come out after each chunk. */
function live(chunks: readonly string[]): string[] {
  const stream = redactor.stream();
  return [...chunks.map((chunk) => stream.push(Buffer.from(chunk)).toString()), stream.end().toString()];
}

it('a key is cut out as a whole, whatever ends or indents its lines, and base64 of it that is wrapped', () => {
  expect(redactor.text(`key: ${KEY}.`)).toBe('key: [TLS_KEY]\n.');
  expect(redactor.text(`key: ${KEY.replaceAll('\n', '\r\n')}.`)).toBe('key: [TLS_KEY]\r\n.');
  expect(redactor.text(`       ${KEY.replaceAll('\n', '\n       ')}`)).toBe('       [TLS_KEY]\n       ');
  const wrapped = Buffer.from(`Basic: ${KEY}`).toString('base64').replaceAll(/.{40}/g, '$&\n');
  expect(redactor.text(wrapped)).toMatch(/^.{9,11}\[TLS_KEY\].{0,3}$/);
});

it('each line of a key is, too, but not those that all keys have, nor what is short', () => {
  const prefixed = KEY.trim()
    .split('\n')
    .map((line) => `web.1 | ${line}\n`)
    .join('');
  expect(redactor.text(prefixed)).toBe(
    'web.1 | -----BEGIN PRIVATE KEY-----\nweb.1 | [TLS_KEY]\nweb.1 | [TLS_KEY]\nweb.1 | Xw==\nweb.1 | -----END PRIVATE KEY-----\n',
  );
});

it('the password within a URL is, as it stands there and as the program gets it', () => {
  expect(redactor.text('user shop with correct%2Dhorse, correct-horse')).toBe(
    'user shop with [DATABASE_URL], [DATABASE_URL]',
  );
});

it('what is shorter than eight characters, or blank, is not looked for', () => {
  expect(redactor.text('seven77              ')).toBe('seven77              ');
});

it('a line is out once it has ended, and before that what cannot begin a secret', () => {
  expect(live(['$ npm test\n', 'host db, port 54', '32\n'])).toEqual([
    '$ npm test\n',
    'host db, port 54',
    '32\n',
    '',
  ]);
});

it('what begins a secret waits for the byte that decides, and for nothing else', () => {
  expect(live(['to post', 'gres://shop:', 'wrong\n'])).toEqual(['to ', '', 'postgres://shop:wrong\n', '']);
  // The first line of a key, with its end: the key may go on.
  expect(live(['-----BEGIN PRIVATE KEY-----\n', 'x'])).toEqual(['', '-----BEGIN PRIVATE KEY-----\nx', '']);
  expect(live(['see postgres:'])).toEqual(['see ', 'postgres:']);
});

it('a secret is masked with its last byte', () => {
  expect(live(['is correct-hors', 'e', '!'])).toEqual(['is ', '[DATABASE_URL]', '!', '']);
});

it('another process can go on where a stream was left', () => {
  const twice = new Redactor([{ name: 'A', value: 'abcabcabc' }]);
  const text = Buffer.from('xabcabcabcabcy');
  const first = twice.pass(text.subarray(0, 11), 0, false);
  const second = twice.pass(text.subarray(first.used), first.cut, true);
  expect(Buffer.concat([first.out, second.out]).toString()).toBe('x[A]y');
});

it('many secrets are cut out, each printed often, and those that repeat themselves', () => {
  const secrets = Array.from({ length: 200 }, (_, index) => ({
    name: `S${index}`,
    value: `${index}`.repeat(30),
  }));
  const all = new Redactor(secrets);
  const printed = secrets.map(({ value }) => `${value} ${Buffer.from(value).toString('base64')}\n`).join('');
  const out = all.text(printed.repeat(20));
  expect(out.replaceAll(/\[S\d+\]/g, '').length).toBeLessThan(20 * 200 * 8);
});

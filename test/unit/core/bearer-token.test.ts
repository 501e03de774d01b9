import { expect, test } from 'vitest';
import { bearerToken, TOKEN_BYTES, tokenShape } from '../../../core/bearer-token.ts';

const RANDOM = Uint8Array.from({ length: TOKEN_BYTES }, (_, at) => (at * 37 + 11) % 256);
const TOKEN = bearerToken(RANDOM);

test('a token has a prefix, 160 random bits and a check sum, in letters that nobody mixes up', () => {
  expect(TOKEN).toMatch(/^slt_[0-9a-hjkmnp-tv-z]{39}$/);
  expect(bearerToken(Uint8Array.from(RANDOM, (byte, at) => (at === 0 ? byte ^ 1 : byte)))).not.toBe(TOKEN);
  expect(() => bearerToken(RANDOM.subarray(1))).toThrow('20 random bytes');
});

test('the check sum is CRC-32, as zlib works it out', () => {
  expect(bearerToken(new Uint8Array(TOKEN_BYTES))).toBe('slt_000000000000000000000000000000002gf54pg');
});

test('a change of any one character shows', () => {
  for (let at = 'slt_'.length; at < TOKEN.length; at++) {
    const other = TOKEN[at] === 'z' ? 'y' : 'z';
    expect(tokenShape(TOKEN.slice(0, at) + other + TOKEN.slice(at + 1)), `at ${at}`).toBe('damaged');
  }
});

test.each([
  ['whole', TOKEN],
  ['damaged', TOKEN.slice(0, -1)],
  ['damaged', `${TOKEN}0`],
  ['damaged', 'slt_'],
  ['damaged', TOKEN.toUpperCase().replace('SLT_', 'slt_')],
  ['foreign', 'ghp_abc'],
  ['foreign', ''],
] as const)('%s: %s', (shape, text) => expect(tokenShape(text)).toBe(shape));

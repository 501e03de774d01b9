import { expect, it } from 'vitest';
import { parseBytes } from '../../../core/bytes.ts';

it.each([
  ['536870912', 536_870_912],
  ['512Mi', 512 * 1024 ** 2],
  [' 1.5Gi ', 1.5 * 1024 ** 3],
  ['2G', 2e9],
  ['10k', 10_000],
  ['0', 0],
  ['', undefined],
  ['-1', undefined],
  ['1e9', undefined],
  ['10 MB', undefined],
  ['512mi', undefined],
  ['99999999999999999999', undefined],
])('reads %j as %s bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

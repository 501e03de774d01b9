import { expect, test } from 'vitest';
import { ByteReader } from '../../../server/tree/byte-reader.ts';

const TEXT = 'first\nsecond line\n\x00\x01binary\nend\n';

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < text.length; start += size)
    yield Buffer.from(text.slice(start, start + size), 'latin1');
}

test.each([1, 2, 3, 7, 100])('lines and counted bytes come out whole from pieces of %d', async (size) => {
  const reader = new ByteReader(inPieces(TEXT, size));
  expect(await reader.line()).toBe('first');
  expect(String(await reader.exactly(6))).toBe('second');
  expect(await reader.line()).toBe(' line');
  await reader.skip(2);
  expect(await reader.line()).toBe('binary');
  expect(String(await reader.exactly(0))).toBe('');
  expect(await reader.line()).toBe('end');
  expect(await reader.line()).toBeUndefined();
});

test('an end in the middle of counted bytes is an error', async () => {
  const reader = new ByteReader(inPieces('abc', 2));
  await expect(reader.exactly(4)).rejects.toThrow('in the middle');
});

test('a line without end does not fill the memory', async () => {
  const reader = new ByteReader(inPieces('x'.repeat(100_000), 1_000));
  await expect(reader.line()).rejects.toThrow('too long');
});

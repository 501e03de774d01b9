import { expect, test } from 'vitest';
import { jsonFault } from '../../../core/manifest/json-fault.ts';

test.each([
  ['{"a": 1,\n}', 2, 'a comma before the end'],
  ['[1,\n2,\n]', 3, 'a comma before the end'],
  ['{\n"a" 1}', 2, 'expected a colon'],
  ['{\n"a": 1\n"b": 2}', 3, 'expected a comma or }'],
  ['[1 2]', 1, 'expected a comma or ]'],
  ["{\n'a': 1}", 2, 'expected a key in double quotes or }'],
  ['{"a": 1, b: 2}', 1, 'expected a key in double quotes'],
  ['{"a":\n\n tru}', 3, 'expected a value'],
  ['{"a": 1}\n// done', 2, 'expected the end of the file'],
  ['{"a": [1\n', 2, 'the file ends, expected a comma or ]'],
  ['', 1, 'the file ends, expected a value'],
  ['{"a": "\n"}', 1, 'expected a value'],
  ['{"a": 012}', 1, 'expected a value'],
])('%j has a fault at line %d: %s', (text, line, message) => {
  expect(jsonFault(text)).toEqual({ line, message });
});

test('it agrees with JSON.parse on every text made of a few pieces', () => {
  const pieces = ['{', '}', '[', ']', ',', ':', '"a"', '1', ' '];
  let texts = [''];
  let compared = 0;
  for (let length = 1; length <= 6; length++) {
    // Only what may still become JSON is worth going on with.
    texts = texts
      .flatMap((text) => pieces.map((piece) => text + piece))
      .filter((text) => {
        compared += 1;
        expect([text, jsonFault(text) === undefined]).toEqual([text, parses(text)]);
        return parses(text) || jsonFault(text)?.message.startsWith('the file ends') === true;
      });
  }
  expect(compared).toBeGreaterThan(1_000);
});

test.each([
  '-0.5e+10',
  '"\\u00e9\\n\\/"',
  'true',
  '[null, false, -1E5]',
  '\r\n\t{"": {}}',
  '1.',
  '.5',
  '+1',
  '01',
  '"\\x"',
  '"\t"',
  'NaN',
  '\u00a01',
])('it agrees with JSON.parse on %j', (text) => {
  expect(jsonFault(text) === undefined).toBe(parses(text));
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

import { expect, test } from 'vitest';
import { relevantLines } from '../../../core/failure/relevant-lines.ts';

const many = (count: number) => Array.from({ length: count }, (_, index) => `step ${index}`);

test.each([
  ['all of a short output, without empty lines and colours', 'a\n\n\u001b[31mb\u001b[0m  \n', ['a', 'b']],
  ['only the last lines, when none says what is wrong', many(9).join('\n'), many(9).slice(-4)],
  [
    'the first line that says what is wrong, and the last',
    ['ok 1', 'AssertionError: 1 == 2', ...many(9)].join('\n'),
    ['AssertionError: 1 == 2', '…', 'step 7', 'step 8'],
  ],
  [
    'no line that says that nothing is wrong',
    ['0 errors, 3 warnings', 'fail 0', ...many(9)].join('\n'),
    many(9).slice(-4),
  ],
  [
    'what stands among the last lines is not told twice',
    [...many(9), 'Error: boom', '  at x'].join('\n'),
    ['step 7', 'step 8', 'Error: boom', '  at x'],
  ],
  ["a test runner's own mark", ['✖ adds', ...many(9)].join('\n'), ['✖ adds', '…', 'step 7', 'step 8']],
  ['Go', ['panic: nil map', ...many(9)].join('\n'), ['panic: nil map', '…', 'step 7', 'step 8']],
  [
    'Python',
    ['Traceback (most recent call last):', ...many(9)].join('\n'),
    ['Traceback (most recent call last):', '…', 'step 7', 'step 8'],
  ],
])('%s', (_, output, lines) => {
  expect(relevantLines(output, 4)).toEqual(lines);
});

test('a line without an end is cut', () => {
  expect(relevantLines('x'.repeat(5_000), 4)[0]).toHaveLength(200);
});

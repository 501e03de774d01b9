import { expect, test } from 'vitest';
import { SCREEN_LINES, failureScreen, refusalLines } from '../../../core/failure/screen.ts';
import { REASONS } from '../../../core/reasons/reasons.ts';

test('what happened, the last lines, the likely cause, what mends it, and where more stands', () => {
  const why = {
    code: 'crashed_on_start',
    message: 'web.1 exited with code 1 before it was ready',
    detail: ['exit code 1', "Error: Cannot find module 'pg'"],
    hint: 'all it wrote: sluice logs -r v3 -a shop',
  };
  expect(failureScreen({ release: 3, state: 'failed' }, why)).toEqual([
    ' !     v3 failed',
    ' !     web.1 exited with code 1 before it was ready',
    '       exit code 1',
    "       Error: Cannot find module 'pg'",
    ` !     Likely cause: ${REASONS.crashed_on_start.cause}`,
    ' !     Next: all it wrote: sluice logs -r v3 -a shop',
    ' !     More: sluice help crashed_on_start',
  ]);
});

test.each([
  [{ build: 41, state: 'failed' } as const, 'Build 41 failed'],
  [{ build: 41, state: 'superseded' } as const, 'Build 41 was superseded'],
  [{ release: 12, state: 'rolled-back' } as const, 'v12 was rolled back'],
  [{ release: 12, state: 'cancelled' } as const, 'v12 was cancelled'],
])('%o begins with %s', (ended, headline) => {
  expect(failureScreen(ended, undefined)).toEqual([` !     ${headline}`]);
});

test('a code of another version has no cause, and nothing to look up', () => {
  expect(
    failureScreen({ build: 1, state: 'failed' }, { code: 'of_tomorrow', message: 'm', hint: 'h' }),
  ).toEqual([' !     Build 1 failed', ' !     m', ' !     Next: h']);
});

test('a reason without a hint has that of its code', () => {
  const lines = failureScreen({ build: 1, state: 'failed' }, { code: 'build_evicted', message: 'm' });
  expect(lines).toContain(` !     Next: ${REASONS.build_evicted.mend}`);
});

test('however much a reason brings, it is one screen: how it ended stays, and what it wrote last', () => {
  const long = Array.from({ length: 50 }, (_, index) => `line ${index}`);
  const why = {
    code: 'crashed',
    message: long.join('\n'),
    detail: ['exit code 1', ...long],
    hint: long.join('\n'),
  };
  const lines = failureScreen({ release: 3, state: 'failed' }, why);
  expect(lines.length).toBe(SCREEN_LINES);
  expect(SCREEN_LINES).toBeLessThanOrEqual(24);
  expect(lines.filter((line) => line.startsWith('   '))).toEqual(
    ['exit code 1', '…', ...long.slice(-10)].map((line) => `       ${line}`),
  );
});

test('nothing in it steers a terminal, or begins a line of its own', () => {
  const why = {
    code: 'x',
    message: 'a\u001b]0;t\u0007b\u009b2J',
    detail: ['one\ntwo\rthree'],
    hint: 'c\u0007',
  };
  expect(refusalLines(why)).toEqual([' !     ab', '       one', '       two three', ' !     c?']);
});

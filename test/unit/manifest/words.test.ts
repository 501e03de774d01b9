import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../../core/manifest/nearest.ts';
import { parsePercent } from '../../../core/manifest/percent.ts';
import { repositoryPath } from '../../../core/manifest/repository-path.ts';
import { show } from '../../../core/manifest/show.ts';

test.each([
  ['1%', 1],
  ['0.5%', 0.5],
  ['100%', 100],
  ['1 %', 1],
  ['0%', 0],
])('%s is %d percent', (text, percent) => {
  expect(parsePercent(text)).toBe(percent);
});

test.each(['', '1', '%', '101%', '-1%', '1e1%', '1,5%', '.5%'])('%j is no percentage', (text) => {
  expect(parsePercent(text)).toBeUndefined();
});

test.each([
  ['Dockerfile', 'Dockerfile'],
  ['./a//b/', 'a/b'],
  ['.', '.'],
  ['a..b', 'a..b'],
  ['-f', '-f'],
  ['', undefined],
  ['/etc/passwd', undefined],
  ['..', undefined],
  ['a/../b', undefined],
  ['a\\..\\b', undefined],
  ['a\nb', undefined],
  ['x'.repeat(1001), undefined],
])('the path %j becomes %j', (written, path) => {
  expect(repositoryPath(written)).toBe(path);
});

test.each([
  ['same', 'same', 0],
  ['', 'abc', 3],
  ['wbe', 'web', 1],
  ['kitten', 'sitting', 3],
])('%j and %j are %d edits apart', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test.each([
  ['dockerFile', 'dockerfile'],
  ['maxErrorRate', 'max_error_rate'],
  ['wbe', 'web'],
  ['timeuot', 'timeout'],
  ['helath', 'health'],
  ['replicas', undefined],
  ['x', undefined],
])('%s probably means %s', (name, meant) => {
  expect(nearest(name, ['dockerfile', 'max_error_rate', 'web', 'timeout', 'health'])).toBe(meant);
});

test('text of a pusher cannot move a terminal, break a line or go on for ever', () => {
  const shown = show(`\u001b[2J\u009b\n"\u202e${'x'.repeat(100)}`);
  expect(shown).toMatch(/^"\\u001b\[2J\\u009b\\n\\"\\u202ex+…"$/);
  expect(shown.length).toBeLessThan(100);
});

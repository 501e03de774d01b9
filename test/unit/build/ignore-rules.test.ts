import { expect, it } from 'vitest';
import { IgnoreRules } from '../../../engines/build/context/ignore-rules.ts';

it.each([
  ['*a*a*a*a*a*a*a*a*b', 'a'.repeat(250)],
  ['**/a/'.repeat(12) + 'b', `${'a/'.repeat(100)}a`],
  ['(a+)+$', `${'a'.repeat(200)}!`],
])('%j takes no longer than its length times the path', (rule, path) => {
  const began = performance.now();
  expect(new IgnoreRules(rule).ignores(path)).toBe(false);
  expect(performance.now() - began).toBeLessThan(500);
});

it.each([
  // Letters that mean something in a regular expression mean themselves.
  ['a+(b)|c', 'a+(b)|c', true],
  ['a+(b', 'x', false],
  ['a.c', 'abc', false],
  ['[a-c]x', 'bx', true],
  ['[^a-c]x', 'bx', false],
  ['[^a]', '/', false],
  ['[]', '[]', true],
  ['\\*', '*', true],
  ['\\*', 'x', false],
  ['?', 'é', true],
  ['a?c', 'a/c', false],
  ['**', 'a/b', true],
  ['a/**', 'a', false],
  ['a/**', 'a/b/c', true],
  ['a/**/b', 'a/b', true],
  ['a/**/b', 'a/x/y/b', true],
  ['a/**/b', 'a/xb', false],
  ['**/b', 'b', true],
  ['**/b', 'ab', false],
  ['**/b/*.js', 'x/b/y.js', true],
  ['./a//b/', 'a/b/c', true],
  ['!a', 'a', false],
  ['a\n!a/b\na/b/c', 'a/b/c', true],
  ['a\n!a/b\na/b/c', 'a/b/d', false],
  // Names that an object has from its prototype.
  ['constructor', 'constructor', true],
  ['toString', 'toString', true],
])('%j of %s: %s', (rules, path, ignored) => {
  expect(new IgnoreRules(rules).ignores(path)).toBe(ignored);
});

it('gives up, in words, when all together takes too long', () => {
  const rules = new IgnoreRules('*a*a*b\n'.repeat(100), 10_000);
  expect(() => rules.ignores('a'.repeat(200))).toThrow('take too long');
});

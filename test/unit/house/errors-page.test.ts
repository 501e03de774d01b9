import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REASON_TABLES, REASONS, reasonText } from '../../../core/reasons/reasons.ts';
import { errorsPage } from '../../../scripts/errors-page.ts';

const root = new URL('../../../', import.meta.url);
const PARTS = ['core', 'engines', 'router', 'server', 'builder', 'cli'];

/** The sources by their paths, without the table itself. */
function sources(): Map<string, string> {
  const files = PARTS.flatMap((part) => globSync(`${part}/**/*.ts`, { cwd: root }));
  return new Map(
    files
      .filter((file) => !file.startsWith('core/reasons/'))
      .map((file) => [file, readFileSync(new URL(file, root), 'utf8')]),
  );
}

/** Codes in the places where a reason is made. What goes through `reason` or `Refusal` the compiler holds, too. */
function codesMade(text: string): string[] {
  const made = /(?:\breason\(|new (?:Refusal|NotBegun)\(\s*\d+,|\bfailed\(|\bcode:)\s*'([a-z][a-z0-9_]*)'/g;
  return [...text.matchAll(made)].flatMap(([, code]) => (code === undefined ? [] : [code]));
}

test('docs/errors.md has every code (node scripts/errors-page.ts writes it)', () => {
  expect(readFileSync(new URL('docs/errors.md', root), 'utf8')).toBe(errorsPage());
});

test('every code that the source makes has a row', () => {
  const without = [...sources()].flatMap(([file, text]) =>
    codesMade(text)
      .filter((code) => reasonText(code) === undefined && code !== 'custom')
      .map((code) => `${file}: ${code}`),
  );
  expect(without).toEqual([]);
});

test('a code without a row would be found', () => {
  const text =
    "reason('not_in_it', …) new Refusal(\n  409,\n  'nor_this', …) { code: 'nor_that' } failed('nor_those')";
  expect(codesMade(text)).toEqual(['not_in_it', 'nor_this', 'nor_that', 'nor_those']);
});

test('every row is of a code that something makes', () => {
  const all = [...sources().values()].join('\n');
  // A key of the front's own table of refusals is written without quotes.
  const made = (code: string) => all.includes(`'${code}'`) || all.includes(`  ${code}: {`);
  expect(Object.keys(REASONS).filter((code) => !made(code))).toEqual([]);
});

test('no code stands in two tables, and no text is empty', () => {
  const codes = REASON_TABLES.flatMap(({ rows }) => Object.keys(rows));
  expect(codes.toSorted()).toEqual(Object.keys(REASONS).toSorted());
  for (const row of Object.values(REASONS)) for (const text of Object.values(row)) expect(text).not.toBe('');
});

import { describe, expect, test } from 'vitest';
import { cell, clean } from '../../../cli/render/clean.ts';
import { shellQuoted } from '../../../cli/render/shell.ts';
import { aligned, tabbed } from '../../../cli/render/table.ts';
import { ago, duration } from '../../../cli/render/time.ts';

const ESC = '\u001b';

describe('what a terminal may be sent', () => {
  test.each([
    ['plain ünï 🙂\n\ttext\r\n', 'plain ünï 🙂\n\ttext\r\n'],
    [`${ESC}[1;31mred${ESC}[0m`, `${ESC}[1;31mred${ESC}[0m`],
    [`a${ESC}[2Jb${ESC}[10;3Hc`, 'abc'],
    [`a${ESC}]0;title\u0007b`, 'ab'],
    [`a${ESC}]52;c;ZXZpbA==${ESC}\\b`, 'ab'],
    [`a${ESC}Pq payload${ESC}\\b`, 'ab'],
    [`a${ESC}cb`, 'ab'],
    ['a\u0000\u0008\u007f\u009bb', 'ab'],
    [`end${ESC}`, 'end'],
  ])('%j is shown as %j', (text, shown) => {
    expect(clean(text)).toBe(shown);
  });

  test('a cell has no styles and one line', () => {
    expect(cell(`${ESC}[31ma\tb\nc`)).toBe(String.raw`a\tb\nc`);
  });
});

test('tables: padded with a header for people, tabs for programs', () => {
  const rows = [
    ['web.1', 'running'],
    ['a', ''],
  ];
  expect(aligned(['PROCESS', 'STATE'], rows)).toEqual(['PROCESS  STATE', 'web.1    running', 'a']);
  expect(tabbed(rows)).toEqual(['web.1\trunning', 'a\t']);
});

test.each([
  ['2026-11-21T09:59:58.000Z', 'just now'],
  ['2026-11-21T09:59:15.000Z', '45s ago'],
  ['2026-11-21T09:57:01.000Z', '2m ago'],
  ['2026-11-21T04:00:00.000Z', '6h ago'],
  ['2026-11-01T10:00:00.000Z', '20d ago'],
  ['2026-11-21T10:00:05.000Z', 'just now'],
  ['2026-11-21T11:00:00.000Z', '2026-11-21T11:00:00.000Z'],
])('%s is %s', (iso, words) => {
  expect(ago(iso, new Date('2026-11-21T10:00:00.000Z'))).toBe(words);
});

test('durations', () => {
  const after = (ms: number) =>
    duration('2026-11-21T10:00:00.000Z', new Date(Date.UTC(2026, 10, 21, 10) + ms).toISOString());
  expect([after(840), after(59_000), after(64_000)]).toEqual(['0.8s', '59s', '1m 4s']);
});

test.each([
  ['postgres://db/hello', 'postgres://db/hello'],
  ['', "''"],
  ["it's $HOME", String.raw`'it'\''s $HOME'`],
  ['a\nb', "'a\nb'"],
])('%j is one word of a shell: %s', (value, word) => {
  expect(shellQuoted(value)).toBe(word);
});

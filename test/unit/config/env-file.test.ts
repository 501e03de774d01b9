import { describe, expect, test } from 'vitest';
import { formatEnvFile, parseEnvFile } from '../../../core/config/env-file.ts';
import { seeded } from '../../support/random.ts';

const read = (text: string): Record<string, string> => {
  const { values, problems } = { values: undefined, ...parseEnvFile(text) };
  expect(problems).toBeUndefined();
  return Object.fromEntries(values ?? []);
};

describe('what is read', () => {
  test.each<[what: string, text: string, values: Record<string, string>]>([
    ['nothing', '', {}],
    ['comments and blank lines', '# a\n\n   # b\n\t\nA=1', { A: '1' }],
    ['no line end at the end, and those of Windows', 'A=1\r\nB=2', { A: '1', B: '2' }],
    ['a byte order mark', '\uFEFFA=1', { A: '1' }],
    ['export, and blanks around', '  export  A = 1  \nexported=2', { A: '1', exported: '2' }],
    ['a key that is called export', 'export=1', { export: '1' }],
    ['an empty value, also quoted', 'A=\nB=""\nC=\'\'\nD=   ', { A: '', B: '', C: '', D: '' }],
    [
      '= and # inside a value',
      'A=b=c#d\nB=x # y\nC=# z\nD="#1" # one',
      { A: 'b=c#d', B: 'x', C: '', D: '#1' },
    ],
    ['quotes inside a value', `A=it's\nB={"a": 1}`, { A: "it's", B: '{"a": 1}' }],
    ['single quotes as they are', String.raw`A='x\n"$Y"'`, { A: String.raw`x\n"$Y"` }],
    ['backticks as they are', 'A=`it\'s "x"`', { A: `it's "x"` }],
    ['escapes in double quotes', String.raw`A="a\nb\t\"c\" \\n \$X \d"`, { A: 'a\nb\t"c" \\n $X \\d' }],
    ['values over several lines', 'A="one\n# two\n"\nB=\'x\ny\'', { A: 'one\n# two\n', B: 'x\ny' }],
    ['nothing expanded', 'A=$HOME/${X}', { A: '$HOME/${X}' }],
    [
      'keys that objects have by themselves',
      '__proto__=1\nconstructor=2',
      JSON.parse('{"__proto__":"1","constructor":"2"}') as Record<string, string>,
    ],
  ])('%s', (_, text, values) => {
    expect(Object.entries(read(text))).toEqual(Object.entries(values));
  });
});

describe('what is refused, with its line', () => {
  test.each<[text: string, problems: [line: number, message: string][]]>([
    [
      'A=1\nJUST A WORD\nB',
      [
        [2, 'no key and "=" begin this line: write KEY=value'],
        [3, 'no key and "=" begin this line: write KEY=value'],
      ],
    ],
    ['KEY: value', [[1, 'no key and "=" begin this line: write KEY=value']]],
    ['=x', [[1, 'no key and "=" begin this line: write KEY=value']]],
    ['\nA="open\nB=2', [[2, 'A: the value begins with " and no " ends it']]],
    [String.raw`A="\"`, [[1, 'A: the value begins with " and no " ends it']]],
    ['A="x\ny" z\nB=1', [[2, 'A: something follows the " that ends the value']]],
    ['A=1\nB=2\nA=3', [[3, 'A is set already, on line 1']]],
    ['1A=1', [[1, '1A: a config key is letters, digits and "_", not starting with a digit']]],
    ['PORT=80', [[1, 'PORT: PORT and SLUICE_* are set by the platform']]],
    ['A=x\0', [[1, 'A: a value cannot hold a NUL byte']]],
    ['x'.repeat(50), [[1, 'no key and "=" begin this line: write KEY=value']]],
  ])('%j', (text, problems) => {
    expect(parseEnvFile(text)).toEqual({ problems: problems.map(([line, message]) => ({ line, message })) });
  });
});

test.each([
  'hunter2-very-secret!pw',
  '-----BEGIN PRIVATE KEY-----\nMIIEvQhunter2hunter2hunter2\nhunter2Q==\n-----END PRIVATE KEY-----',
  'hunter2/very+secret==',
  'hunter2="open',
  'hunter2="x" hunter2',
  'hunter2=1\nhunter2=2',
  'hunter2=\0',
  'postgres://u:hunter2@db/x?ssl=1',
])('%j: a word that may be a secret is not shown', (text) => {
  const shown = JSON.stringify(parseEnvFile(text));
  expect(shown).toContain('problems');
  expect(shown).not.toContain('hunter2');
});

test('what is written is read back as it was, whatever the values hold', () => {
  const pieces = [
    "'",
    '"',
    '`',
    '\\',
    '\n',
    '\r',
    '\r\n',
    '#',
    ' #',
    ' ',
    '\t',
    '$',
    '=',
    'n',
    'x',
    'ü',
    '😀',
    '\\n',
    'export A=1\n',
  ];
  const random = seeded(6);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  for (let round = 0; round < 5_000; round++) {
    const values = Object.fromEntries(
      Array.from({ length: 3 }, (_, index) => [
        `KEY_${index}`,
        Array.from({ length: Math.floor(random() * 8) }, () => pick(pieces)).join(''),
      ]),
    );
    const file = formatEnvFile(values);
    expect(read(file), file).toEqual(values);
  }
});

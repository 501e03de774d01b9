const TOKEN =
  /(?:(?<mark>[{}[\],:])|(?<string>"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y;
const BLANK = /[ \t\r\n]*/y;

/** What may stand at a place, and how to say so. */
const EXPECTED = {
  value: 'a value',
  'value or ]': 'a value or ]',
  key: 'a key in double quotes',
  'key or }': 'a key in double quotes or }',
  colon: 'a colon',
  'comma or ]': 'a comma or ]',
  'comma or }': 'a comma or }',
  end: 'the end of the file',
} as const;
type Expected = keyof typeof EXPECTED;

export interface JsonFault {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/**
 * The first place where a text stops being JSON (RFC 8259), or undefined when all of it is.
 * JSON.parse cannot be asked: it names the place in some of its messages only.
 */
export function jsonFault(text: string): JsonFault | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let afterComma = false;
  for (let offset = skipBlank(text, 0); offset < text.length; offset = skipBlank(text, offset)) {
    TOKEN.lastIndex = offset;
    const token = TOKEN.exec(text);
    const next: Expected | undefined =
      token === null ? undefined : follow(expected, token[0], token.groups?.['string'] !== undefined, open);
    if (token === null || next === undefined) {
      const closing = token?.[0] === '}' || token?.[0] === ']';
      return faultAt(
        text,
        offset,
        afterComma && closing ? 'a comma before the end' : `expected ${EXPECTED[expected]}`,
      );
    }
    afterComma = token[0] === ',';
    expected = next;
    offset += token[0].length;
  }
  return expected === 'end'
    ? undefined
    : faultAt(text, text.length, `the file ends, expected ${EXPECTED[expected]}`);
}

/** What is expected after a token, or undefined when the token must not stand here. Keeps `open` up to date. */
function follow(
  expected: Expected,
  token: string,
  isString: boolean,
  open: ('{' | '[')[],
): Expected | undefined {
  const value = expected === 'value' || expected === 'value or ]';
  switch (token) {
    case '{':
    case '[':
      if (!value) return undefined;
      open.push(token);
      return token === '{' ? 'key or }' : 'value or ]';
    case '}':
      if (expected !== 'key or }' && expected !== 'comma or }') return undefined;
      open.pop();
      return afterValue(open);
    case ']':
      if (expected !== 'value or ]' && expected !== 'comma or ]') return undefined;
      open.pop();
      return afterValue(open);
    case ',':
      if (expected === 'comma or }') return 'key';
      return expected === 'comma or ]' ? 'value' : undefined;
    case ':':
      return expected === 'colon' ? 'value' : undefined;
    default:
      if (expected === 'key' || expected === 'key or }') return isString ? 'colon' : undefined;
      return value ? afterValue(open) : undefined;
  }
}

function afterValue(open: readonly ('{' | '[')[]): Expected {
  const container = open.at(-1);
  if (container === undefined) return 'end';
  return container === '{' ? 'comma or }' : 'comma or ]';
}

function skipBlank(text: string, offset: number): number {
  BLANK.lastIndex = offset;
  return offset + (BLANK.exec(text)?.[0].length ?? 0);
}

function faultAt(text: string, offset: number, message: string): JsonFault {
  return { line: text.slice(0, offset).split('\n').length, message };
}

/**
 * Substitutes variables as a Dockerfile does in FROM: `$x`, `${x}`, `${x:-word}`, `${x-word}`, `${x:+word}`,
 * `${x+word}`. An unset variable is empty.
 * @param escape the escape character of the Dockerfile; before `$` it makes it a plain `$`
 */
export function substitute(text: string, variables: ReadonlyMap<string, string>, escape: string): string {
  let result = '';
  for (let at = 0; at < text.length;) {
    const character = text[at] as string;
    if (character === escape && text[at + 1] === '$') {
      result += '$';
      at += 2;
    } else if (character === '$') {
      const found = variableAt(text, at, variables, escape);
      result += found.value;
      at = found.end;
    } else {
      result += character;
      at += 1;
    }
  }
  return result;
}

function variableAt(
  text: string,
  at: number,
  variables: ReadonlyMap<string, string>,
  escape: string,
): { value: string; end: number } {
  const plain = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(text.slice(at));
  if (plain !== null) return { value: variables.get(plain[1] as string) ?? '', end: at + plain[0].length };
  const braced = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(:?[-+])?/.exec(text.slice(at));
  const end = braced === null ? -1 : closingBrace(text, at + 2);
  if (braced === null || end === -1) return { value: '$', end: at + 1 };
  const value = variables.get(braced[1] as string);
  const operator = braced[2];
  const word = (): string => substitute(text.slice(at + braced[0].length, end), variables, escape);
  const given =
    operator?.startsWith(':') === true ? value !== undefined && value !== '' : value !== undefined;
  if (operator?.endsWith('-') === true) return { value: given ? (value as string) : word(), end: end + 1 };
  if (operator?.endsWith('+') === true) return { value: given ? word() : '', end: end + 1 };
  return { value: value ?? '', end: end + 1 };
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

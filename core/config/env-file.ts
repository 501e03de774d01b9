import { configKeyFault } from '../config-key.ts';

export interface EnvFileProblem {
  /** From 1. */
  readonly line: number;
  /** Names what is surely a key, and never what may be a value or a piece of one. */
  readonly message: string;
}

export type EnvFile =
  | { readonly values: ReadonlyMap<string, string>; readonly problems?: undefined }
  | { readonly problems: readonly EnvFileProblem[] };

/**
 * Reads a .env file, as dotenv and its kin do, but says of each line that it does not understand why: a value that is
 * lost in silence is missed in production.
 *
 * `KEY=value`, with `export` before it if you like; blank lines and lines that begin with `#` are skipped.
 * - Without quotes a value ends with its line; blanks around it go, and so does a comment: ` # …`.
 * - In '…' and `…` everything stays as it is, over several lines.
 * - In "…" too, but for \n, \r, \t, \\, \", \$ and \`.
 * Nothing is expanded: `$NAME` stays as it is.
 */
export function parseEnvFile(text: string): EnvFile {
  return new Reader(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')).read();
}

const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([^\s=#'"`]+)[ \t]*=[ \t]*/;
/** What is named where it stands before a "=". In a file of another kind a secret may stand there. */
export const SURELY_A_KEY = /^[A-Z0-9_]{1,40}$/;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

class Reader {
  readonly #text: string;
  readonly #values = new Map<string, string>();
  readonly #lineOf = new Map<string, number>();
  readonly #problems: EnvFileProblem[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): EnvFile {
    while (this.#at < this.#text.length) this.#readLine();
    return this.#problems.length > 0 ? { problems: this.#problems } : { values: this.#values };
  }

  #readLine(): void {
    const rest = this.#restOfLine();
    if (/^[ \t]*(?:#|$)/.test(rest)) return this.#nextLine();
    const line = this.#line();
    const [whole, key = ''] = ASSIGNMENT.exec(rest) ?? [];
    if (whole === undefined) {
      this.#problem(line, 'no key and "=" begin this line: write KEY=value');
      return this.#nextLine();
    }
    this.#at += whole.length;
    const value = this.#readValue(line, key);
    if (value !== undefined) this.#take(line, key, value);
  }

  /** @returns undefined after a problem; it goes on with the next line in any case */
  #readValue(line: number, key: string): string | undefined {
    const quote = this.#text[this.#at] ?? '';
    if (quote !== "'" && quote !== '"' && quote !== '`') {
      const raw = this.#restOfLine();
      this.#nextLine();
      return raw.replace(/(?:^|[ \t])#.*$/, '').trim();
    }
    const end = this.#closing(quote);
    if (end === -1) {
      this.#problem(line, `${named(key)}: the value begins with ${quote} and no ${quote} ends it`);
      this.#nextLine();
      return undefined;
    }
    const inside = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    const after = this.#restOfLine();
    const lastLine = this.#line();
    this.#nextLine();
    if (!/^[ \t]*(?:$|#)/.test(after)) {
      this.#problem(lastLine, `${named(key)}: something follows the ${quote} that ends the value`);
      return undefined;
    }
    return quote === '"' ? unescaped(inside) : inside;
  }

  /** Where a quoted value ends; -1 when it does not. */
  #closing(quote: string): number {
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      if (this.#text[at] === quote) return at;
      if (quote === '"' && this.#text[at] === '\\') at++;
    }
    return -1;
  }

  #take(line: number, key: string, value: string): void {
    const fault = configKeyFault(key);
    const before = this.#lineOf.get(key);
    if (fault !== undefined) this.#problem(line, `${named(key)}: ${fault}`);
    else if (before !== undefined) this.#problem(line, `${named(key)} is set already, on line ${before}`);
    else if (value.includes('\0')) this.#problem(line, `${named(key)}: a value cannot hold a NUL byte`);
    else {
      this.#values.set(key, value);
      this.#lineOf.set(key, line);
    }
  }

  #restOfLine(): string {
    const end = this.#text.indexOf('\n', this.#at);
    return this.#text.slice(this.#at, end === -1 ? this.#text.length : end);
  }

  #nextLine(): void {
    this.#at += this.#restOfLine().length + 1;
  }

  #line(): number {
    let line = 1;
    for (let at = this.#text.indexOf('\n'); at !== -1 && at < this.#at; at = this.#text.indexOf('\n', at + 1))
      line++;
    return line;
  }

  #problem(line: number, message: string): void {
    this.#problems.push({ line, message });
  }
}

/** What else follows a backslash keeps it, as in a regular expression. */
function unescaped(inside: string): string {
  return inside.replace(/\\([nrt\\"$`])/g, (_, letter: string) => ESCAPED[letter] ?? letter);
}

function named(key: string): string {
  return SURELY_A_KEY.test(key) ? key : 'this key';
}

/** The same values as a .env file, in the order of their keys: `parseEnvFile` reads it back as it was. */
export function formatEnvFile(values: Readonly<Record<string, string>>): string {
  return Object.keys(values)
    .toSorted()
    .map((key) => `${key}=${quoted(values[key] ?? '')}\n`)
    .join('');
}

function quoted(value: string): string {
  if (/^[\w./:@%+,=-]*$/.test(value)) return value;
  if (!/['\r]/.test(value)) return `'${value}'`;
  const escaped = value.replace(/[\\"$`]/g, String.raw`\$&`).replaceAll('\r', String.raw`\r`);
  return `"${escaped}"`;
}

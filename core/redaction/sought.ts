import { Base64Text } from './base64-text.ts';
import { EscapedText, wholeTexts } from './escaped-text.ts';
import type { Pattern } from './pattern.ts';

/** Characters; a shorter value stands in ordinary words by chance, and masking it would say what it is. */
const SHORTEST_SECRET = 8;
/** Characters of one text that is looked for as a whole: it bounds what a stream holds back. */
const LONGEST_WHOLE = 4_096;
/** `-----BEGIN PRIVATE KEY-----`: the same in everybody's keys. */
const ARMOUR = /^-{4,5} ?(?:BEGIN|END) [^\n]*-{4,5}$/;
/** The password in `postgres://user:password@host/name`, which programs print without the rest. */
const PASSWORD_OF_URL = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@:]*:([^/?#@]+)@/i;

export interface Secret {
  /** What the mask says: `DATABASE_URL`. */
  readonly name: string;
  readonly value: string;
}

/** What is looked for, and the name that stands in its place. */
export interface Sought {
  readonly pattern: Pattern;
  readonly name: string;
}

/** In clear, as who logs in by the URL gets it; undefined: there is none, or it is no URL. */
export function passwordOf(url: string): string | undefined {
  const password = PASSWORD_OF_URL.exec(url)?.[1];
  return password === undefined ? undefined : decoded(password);
}

/** All that is looked for of some secrets; the same text is only looked for once, by its first name. */
export function sought(secrets: readonly Secret[]): Sought[] {
  const escaped = new Texts((text) => [new EscapedText(text)]);
  const encoded = new Texts(base64);
  for (const { name, value } of secrets) {
    for (const text of wholes(value)) {
      escaped.add(text, name);
      encoded.add(text, name);
      encoded.add(text.replaceAll(/\r\n?/g, '\n'), name);
    }
  }
  // Lines come after the wholes of all, so that a whole is called by its own name.
  for (const { name, value } of secrets) {
    for (const line of linesOf(value)) {
      escaped.add(line, name);
      encoded.add(line, name);
    }
  }
  return [...escaped.found, ...encoded.found];
}

class Texts {
  readonly found: Sought[] = [];
  readonly #seen = new Set<string>();
  readonly #patterns: (text: string) => Pattern[];

  constructor(patterns: (text: string) => Pattern[]) {
    this.#patterns = patterns;
  }

  add(text: string, name: string): void {
    if (this.#seen.has(text)) return;
    this.#seen.add(text);
    for (const pattern of this.#patterns(text)) this.found.push({ pattern, name });
  }
}

function base64(text: string): Pattern[] {
  const bytes = Buffer.from(text);
  return ([0, 1, 2] as const).map((offset) => new Base64Text(bytes, offset));
}

function wholes(value: string): string[] {
  if (value.length < SHORTEST_SECRET || value.trim() === '') return [];
  const trimmed = value.trim();
  const parts = longEnough(trimmed) ? wholeTexts(trimmed) : [value];
  const password = PASSWORD_OF_URL.exec(trimmed)?.[1];
  if (password !== undefined) parts.push(password, decoded(password));
  return parts.filter(longEnough).flatMap(blocks);
}

/** Lines of a multi-line value, as logs begin each line with something of their own. */
function linesOf(value: string): string[] {
  const lines = value.trim().split(/\r\n?|\n/);
  if (lines.length === 1) return [];
  return lines
    .map((line) => line.trim())
    .filter((line) => longEnough(line) && !ARMOUR.test(line))
    .flatMap(blocks);
}

/** Parts of almost the same length, each of which is looked for. */
function blocks(text: string): string[] {
  const count = Math.ceil(text.length / LONGEST_WHOLE);
  const size = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, index) =>
    text.slice(boundary(text, index * size), boundary(text, (index + 1) * size)),
  );
}

/** Never within a surrogate pair. */
function boundary(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at + 1 : at;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function longEnough(text: string): boolean {
  return text.length >= SHORTEST_SECRET;
}

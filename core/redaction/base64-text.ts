import {
  BACKSLASH,
  code,
  CR,
  LF,
  MOST_INDENT,
  type Give,
  type Pattern,
  PERCENT,
  type Place,
  SPACE,
  TAB,
} from './pattern.ts';

/**
 * Characters after which the base64 may go on on the next line: what wraps it (76, 64) knows nothing of the secret. After
 * fewer, half of all lines would look as if a secret went on behind their end.
 */
const WRAPS_AFTER = 4;
/** Characters that may be missing, so that a line break among them hides nothing of what comes after. */
const MISSING = WRAPS_AFTER - 1;
/** Characters that must be left then: fewer are no sign of a secret. */
const FEWEST = 8;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PLUS = 62;
const SLASH = 63;

const PLAIN = 0;
const PERCENT_1 = 1;
const PERCENT_HIGH = 2;
const ESCAPE = 3;
const AFTER_CR = 4;
const INDENT = 5;
const STATES = 32;
/** Characters since the beginning, up to `WRAPS_AFTER`, as part of a place. */
const COUNTS = 8;

/**
 * The base64 of anything that has a text at a byte offset (modulo 3), in the standard and the url-safe alphabet, also
 * URL-encoded (`%2B`), with `\/`, and wrapped, indented or not. A character at either end that is made of bits beside the
 * text, too, is no part of it: it tells at most four bits.
 */
export class Base64Text implements Pattern {
  readonly shortest: number;
  readonly #sextets: Uint8Array;
  readonly #starts: readonly Place[];

  constructor(text: Uint8Array, offset: 0 | 1 | 2) {
    this.#sextets = sextets(text, offset);
    const { length } = this.#sextets;
    const mayMiss = length - MISSING >= FEWEST;
    this.shortest = mayMiss ? length - MISSING : length;
    this.#starts = (mayMiss ? [0, MISSING] : [0]).map((index) => index * STATES * COUNTS);
  }

  starts(): Iterable<Place> {
    return this.#starts;
  }

  accepts(at: Place): boolean {
    return Math.floor(at / COUNTS / STATES) === this.#sextets.length;
  }

  bytes(): Iterable<number> {
    return [];
  }

  arcs(at: Place, give: Give): void {
    const count = at % COUNTS;
    const state = Math.floor(at / COUNTS) % STATES;
    const index = Math.floor(at / COUNTS / STATES);
    const sextet = this.#sextets[index];
    if (sextet === undefined) return;
    const place = (next: number): Place => (index * STATES + next) * COUNTS + count;
    const done = (index + 1) * STATES * COUNTS + Math.min(count + 1, WRAPS_AFTER);
    switch (state) {
      case PERCENT_1:
        give(code('2'), place(PERCENT_HIGH));
        return;
      case PERCENT_HIGH:
        for (const digit of sextet === PLUS ? 'bB' : 'fF') give(code(digit), done);
        return;
      case ESCAPE:
        if (sextet === SLASH) give(code('/'), done);
        if (count >= WRAPS_AFTER) {
          give(code('n'), place(INDENT));
          give(code('r'), place(AFTER_CR));
        }
        return;
      default:
        wrapped(state, count, place, give);
        give(ALPHABET.charCodeAt(sextet), done);
        if (sextet === PLUS) give(code('-'), done);
        if (sextet === SLASH) give(code('_'), done);
        if (sextet === SLASH || count >= WRAPS_AFTER) give(BACKSLASH, place(ESCAPE));
        if (sextet >= PLUS) give(PERCENT, place(PERCENT_1));
    }
  }
}

/** Line breaks and indentation between two characters. */
function wrapped(state: number, count: number, place: (next: number) => Place, give: Give): void {
  if (state >= INDENT && state - INDENT < MOST_INDENT) {
    for (const blank of [SPACE, TAB]) give(blank, place(state + 1));
  } else if (count >= WRAPS_AFTER && state < INDENT) {
    give(LF, place(INDENT));
    if (state === PLAIN) give(CR, place(AFTER_CR));
  }
}

/** Those that are made of the text's bits alone. */
function sextets(text: Uint8Array, offset: 0 | 1 | 2): Uint8Array {
  const base64 = Buffer.concat([Buffer.alloc(offset), text]).toString('base64');
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor(((offset + text.length) * 8) / 6);
  return Uint8Array.from(base64.slice(first, end), (character) => ALPHABET.indexOf(character));
}

import {
  BACKSLASH,
  code,
  CR,
  hexDigits,
  LF,
  type Pattern,
  PERCENT,
  type Place,
  SPACE,
  TAB,
} from './pattern.ts';

/**
 * How far into the spelling of one byte a place is. Each of the nested kinds ends: `%2525…` and `\\\\…` without end would
 * be a form without end, and nothing could be let out before it.
 */
const PLAIN = 0;
const PERCENT_1 = 1;
const PERCENT_HIGH = 2;
const PERCENT_25 = 3;
const PERCENT_2 = 4;
/** After one, two, three backslashes: JSON within JSON doubles them. */
const ESCAPE = 5;
const HEX = 8;
const HEX_LOW = 9;
/** The four digits of a `\u`, then of the second one of a surrogate pair, with what stands between. */
const UNIT = 10;
const BETWEEN = 14;
const SECOND_UNIT = 18;

// Of a line break: how far into the spelling of one of its blanks, 8 for each that stands already.
const BREAK_PERCENT_0 = 2;
const BREAK_STATES = 8;

const STATES = 1_024;
/** States within one byte; with 3 bytes for each of 4,096 characters, places end below 2^25. */
const MOST_BLANKS = STATES / BREAK_STATES - 1;
/** Blanks that logs and YAML put before a line that they quote. */
const INDENTATION = 16;
/** Characters that a text has at least once its line breaks are taken for single blanks. */
const SHORTEST_JOINED = 8;

const SHORT_ESCAPES = new Map([
  [0x08, code('b')],
  [TAB, code('t')],
  [0x0b, code('v')],
  [0x0c, code('f')],
]);
const LINE_BREAK = /[ \t]*[\r\n][ \t\r\n]*/g;

/** Blanks in place of a line break: how many at least and at most. */
interface Blanks {
  readonly least: number;
  readonly most: number;
}

/** Texts that `EscapedText` takes as a whole: between line breaks that are too long to be one. */
export function wholeTexts(text: string): string[] {
  return text.split(/(?=[ \t]*[\r\n])[ \t\r\n]{64,}/);
}

/**
 * A text raw, URL-encoded (any set of characters, either case, `+` for a space, once more over), and escaped as in JSON and
 * its relatives (`\"`, `\/`, `\n`, `\u00e9`, `\xe9`, once more over), in any mixture, as encoders differ in what they
 * leave alone. Letters and digits are left alone by all. In place of a line break there may be any blanks: CRLF, the
 * indentation of a log, or the one space that a shell makes of it.
 */
export class EscapedText implements Pattern {
  readonly shortest: number;
  readonly #bytes: Uint8Array;
  /** For a byte that begins a character: its UTF-16 units. */
  readonly #units = new Map<number, readonly number[]>();
  readonly #breaks = new Map<number, Blanks>();

  constructor(text: string) {
    const joined = text.replaceAll(LINE_BREAK, '\n');
    const exact = joined.length < SHORTEST_JOINED;
    const breaks = [...text.matchAll(LINE_BREAK)].map(([blanks]) => blanksFor(blanks, exact));
    this.#bytes = Buffer.from(joined);
    let at = 0;
    let shortest = this.#bytes.length;
    for (const character of joined) {
      const blanks = character === '\n' ? breaks.shift() : undefined;
      if (blanks) {
        this.#breaks.set(at, blanks);
        shortest += blanks.least - 1;
      } else if (!isWord(this.#bytes[at] ?? 0)) {
        const units = Array.from({ length: character.length }, (_, unit) => character.charCodeAt(unit));
        this.#units.set(at, units);
      }
      at += Buffer.byteLength(character);
    }
    this.shortest = shortest;
  }

  starts(): Iterable<Place> {
    return [0];
  }

  accepts(at: Place): boolean {
    const index = Math.floor(at / STATES);
    return index === this.#bytes.length || (index === this.#bytes.length - 1 && this.#breakIsOver(at));
  }

  bytes(): Iterable<number> {
    return this.#bytes;
  }

  arcs(at: Place, give: (byte: number, to: Place) => void): void {
    const index = Math.floor(at / STATES);
    const state = at % STATES;
    const byte = this.#bytes[index];
    const here = index * STATES;
    if (byte === undefined) return;
    const blanks = this.#breaks.get(index);
    if (blanks) {
      blank(state, blanks.most, here, give);
      if (this.#breakIsOver(at)) this.arcs(here + STATES, give);
    } else if (isWord(byte)) give(byte, here + STATES);
    else if (state >= UNIT) this.#unit(index, state, give);
    else escapedByte(byte, state, here, give, this.#units.has(index));
  }

  /** Whether enough blanks stand already. */
  #breakIsOver(at: Place): boolean {
    const blanks = this.#breaks.get(Math.floor(at / STATES));
    const state = at % STATES;
    return blanks !== undefined && state % BREAK_STATES === PLAIN && state / BREAK_STATES >= blanks.least;
  }

  #unit(index: number, state: number, give: (byte: number, to: Place) => void): void {
    const units = this.#units.get(index) ?? [];
    const second = state >= SECOND_UNIT;
    const here = index * STATES;
    if (state >= BETWEEN && !second) {
      if (state < BETWEEN + 3) give(BACKSLASH, here + state + 1);
      if (state > BETWEEN) give(code('u'), here + SECOND_UNIT);
      return;
    }
    const digit = state - (second ? SECOND_UNIT : UNIT);
    const value = ((units[second ? 1 : 0] ?? 0) >> (12 - 4 * digit)) & 15;
    const afterwards =
      units.length > 1 && !second ? here + BETWEEN : (index + this.#lengthAt(index)) * STATES;
    for (const hex of hexDigits(value)) give(hex, digit === 3 ? afterwards : here + state + 1);
  }

  #lengthAt(index: number): number {
    const byte = this.#bytes[index] ?? 0;
    return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
  }
}

/** @param exact as many as there are: with fewer the text would be no more than a word or two */
function blanksFor(found: string, exact: boolean): Blanks {
  const lines = found.replaceAll('\r\n', '\n');
  const lineBreaks = lines.length - lines.replaceAll(/[\r\n]/g, '').length;
  return {
    least: exact ? lines.length : 1,
    most: Math.min(MOST_BLANKS, found.length + lineBreaks * INDENTATION),
  };
}

function escapedByte(
  byte: number,
  state: number,
  here: number,
  give: (byte: number, to: Place) => void,
  beginsCharacter: boolean,
): void {
  const done = here + STATES;
  switch (state) {
    case PLAIN:
      give(byte, done);
      if (byte === SPACE) give(code('+'), done);
      give(PERCENT, here + PERCENT_1);
      give(BACKSLASH, here + ESCAPE);
      return;
    case PERCENT_1:
    case PERCENT_2:
      for (const digit of hexDigits(byte >> 4)) give(digit, here + PERCENT_HIGH);
      if (state === PERCENT_1) give(code('2'), here + PERCENT_25);
      return;
    case PERCENT_25:
      give(code('5'), here + PERCENT_2);
      return;
    case HEX:
      for (const digit of hexDigits(byte >> 4)) give(digit, here + HEX_LOW);
      return;
    case PERCENT_HIGH:
    case HEX_LOW:
      for (const digit of hexDigits(byte & 15)) give(digit, done);
      return;
    default: {
      const backslashes = state - ESCAPE + 1;
      if (backslashes < 3) give(BACKSLASH, here + state + 1);
      if (byte === BACKSLASH) {
        // Two of them, or four: the first of which is the raw one.
        if (backslashes !== 2) give(BACKSLASH, done);
      } else if (byte < 0x80) give(SHORT_ESCAPES.get(byte) ?? byte, done);
      give(code('x'), here + HEX);
      if (beginsCharacter) give(code('u'), here + UNIT);
    }
  }
}

/** One of the blanks in place of a line break, in any spelling. */
function blank(state: number, most: number, here: number, give: (byte: number, to: Place) => void): void {
  const standing = state - (state % BREAK_STATES);
  if (standing / BREAK_STATES >= most) return;
  const within = here + standing;
  const done = within + BREAK_STATES;
  switch (state % BREAK_STATES) {
    case PLAIN:
      for (const byte of [LF, CR, SPACE, TAB, code('+')]) give(byte, done);
      give(PERCENT, within + PERCENT_1);
      give(BACKSLASH, within + ESCAPE);
      return;
    case PERCENT_1:
    case PERCENT_2:
      give(code('0'), within + BREAK_PERCENT_0);
      give(code('2'), within + PERCENT_25);
      return;
    case PERCENT_25:
      // `%20`, or the `%25` of a `%250A`.
      give(code('0'), done);
      give(code('5'), within + PERCENT_2);
      return;
    case BREAK_PERCENT_0:
      for (const character of 'aAdD9') give(code(character), done);
      return;
    default: {
      const backslashes = (state % BREAK_STATES) - ESCAPE + 1;
      if (backslashes < 3) give(BACKSLASH, within + ESCAPE + backslashes);
      for (const character of 'nrt') give(code(character), done);
    }
  }
}

function isWord(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);
}

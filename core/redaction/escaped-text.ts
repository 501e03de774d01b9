import { escapedByte, escapedUnits, isWord } from './escaped-byte.ts';
import { blank, type Blanks, blanksFor, isBreakOver, LINE_BREAK } from './line-break.ts';
import type { Give, Pattern, Place } from './pattern.ts';
import { UNIT } from './spelling-states.ts';

/** States within one byte; with 3 bytes for each of 4,096 characters, places end below 2^25. */
const STATES = 1_024;
/** Characters that a text has at least once its line breaks are taken for single blanks. */
const SHORTEST_JOINED = 8;

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
    const breaks = [...text.matchAll(LINE_BREAK)].map(([blanks]) => blanksFor(blanks, STATES, exact));
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

  arcs(at: Place, give: Give): void {
    const index = Math.floor(at / STATES);
    const state = at % STATES;
    const byte = this.#bytes[index];
    const here = index * STATES;
    if (byte === undefined) return;
    const blanks = this.#breaks.get(index);
    const units = this.#units.get(index);
    if (blanks) {
      blank(blanks, state, here, give);
      if (isBreakOver(blanks, state)) this.arcs(here + STATES, give);
    } else if (isWord(byte)) give(byte, here + STATES);
    else if (state >= UNIT) {
      escapedUnits(units ?? [], state, { here, done: here + lengthAt(byte) * STATES }, give);
    } else escapedByte(byte, state, { here, done: here + STATES }, units !== undefined, give);
  }

  /** Whether enough blanks stand already. */
  #breakIsOver(at: Place): boolean {
    const blanks = this.#breaks.get(Math.floor(at / STATES));
    return blanks !== undefined && isBreakOver(blanks, at % STATES);
  }
}

/** Bytes of the UTF-8 character that begins so. */
function lengthAt(byte: number): number {
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

import type { Pattern, Place } from './pattern.ts';

/** Bytes at the beginning of a spelling that are looked at; no spelling is shorter. */
const OPENING = 8;
const GRAM = 4;
const FEWEST_BITS = 1 << 14;
const MOST_BITS = 1 << 23;
/** Bits a gram, of which two are set: about 1 of 270 others then looks like one of ours. */
const BITS_A_GRAM = 32;
const FIRST_FACTOR = 0x9e37_79b1;
const SECOND_FACTOR = 0x85eb_ca6b;

/**
 * Tells quickly that no spelling begins in a stretch of bytes, by the four bytes at its end: within the first `OPENING` bytes
 * of each spelling, every four in a row are known (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994;
 * with a Bloom filter in place of their table, as base64 makes many).
 */
export class Openings {
  /** Beginnings that one look rules out. */
  readonly stride: number;
  readonly #shift: number;
  readonly #bits: Uint32Array;

  constructor(patterns: readonly Pattern[]) {
    const shortest = Math.min(OPENING, ...patterns.map((pattern) => pattern.shortest));
    this.stride = shortest - GRAM + 1;
    const grams = new Set<number>();
    for (const pattern of patterns) collect(pattern, shortest - GRAM, grams);
    let bits = FEWEST_BITS;
    while (bits < grams.size * BITS_A_GRAM && bits < MOST_BITS) bits *= 2;
    this.#shift = 32 - Math.log2(bits);
    this.#bits = new Uint32Array(bits / 32);
    for (const gram of grams) {
      for (const factor of [FIRST_FACTOR, SECOND_FACTOR]) {
        const bit = Math.imul(gram, factor) >>> this.#shift;
        this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
      }
    }
  }

  /**
   * The first beginning at or behind `from` that is not ruled out, `stride` at a time; the first one that the bytes do not
   * suffice to judge, when all are.
   */
  skip(bytes: Uint8Array, from: number): number {
    const stride = this.stride;
    const shift = this.#shift;
    const bits = this.#bits;
    const end = bytes.length - GRAM;
    // The four bytes that every spelling which begins in [from, from + stride) has.
    let at = from + stride - 1;
    for (; at <= end; at += stride) {
      const gram =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24);
      const first = Math.imul(gram, FIRST_FACTOR) >>> shift;
      if ((((bits[first >>> 5] as number) >>> (first & 31)) & 1) === 0) continue;
      const second = Math.imul(gram, SECOND_FACTOR) >>> shift;
      if ((((bits[second >>> 5] as number) >>> (second & 31)) & 1) === 1) break;
    }
    return at - stride + 1;
  }
}

/** All that may be four bytes in a row, up to `last` bytes behind a beginning. */
function collect(pattern: Pattern, last: number, grams: Set<number>): void {
  let places = new Set<Place>(pattern.starts());
  for (let offset = 0; offset <= last; offset++) {
    const next = new Set<Place>();
    for (const place of places) {
      spell(pattern, place, 0, 0, grams);
      pattern.arcs(place, (_, to) => next.add(to));
    }
    places = next;
  }
}

function spell(pattern: Pattern, place: Place, length: number, gram: number, grams: Set<number>): void {
  if (length === GRAM) grams.add(gram);
  else
    pattern.arcs(place, (byte, to) => spell(pattern, to, length + 1, gram | (byte << (8 * length)), grams));
}

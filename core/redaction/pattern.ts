/** A place within one pattern. Opaque to all but the pattern, below 2^25. */
export type Place = number;

/** Says what byte may stand next, and the place behind it. */
export type Give = (byte: number, to: Place) => void;

/** The spellings of one text, as a machine over bytes. All spellings are finite. */
export interface Pattern {
  /** Where a spelling may begin. */
  starts(): Iterable<Place>;
  /** Bytes of the shortest spelling. */
  readonly shortest: number;
  /** Each byte that a spelling may have at a place, with where it leads; a byte may be given more than once. */
  arcs(at: Place, give: Give): void;
  /** Whether a spelling is whole there. */
  accepts(at: Place): boolean;
  /** Bytes of spellings beyond `COMMON_BYTES`. */
  bytes(): Iterable<number>;
}

/** Bytes that spellings have for any text: those of base64, of escapes and between lines. */
export const COMMON_BYTES: Iterable<number> = Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_%\\ \t\r\n',
);

export const LF = 0x0a;
export const CR = 0x0d;
export const TAB = 0x09;
export const SPACE = 0x20;
export const BACKSLASH = 0x5c;
export const PERCENT = 0x25;

/** Blanks that may follow a line break within a secret: logs and YAML indent what they quote. */
export const MOST_INDENT = 16;

/** The code of the first character. */
export function code(character: string): number {
  return character.charCodeAt(0);
}

/** Both cases of the hexadecimal digit of `value` (0 to 15). */
export function hexDigits(value: number): readonly number[] {
  const digit = value.toString(16);
  return value < 10 ? [code(digit)] : [code(digit), code(digit.toUpperCase())];
}

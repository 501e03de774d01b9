import { BACKSLASH, code, type Give, hexDigits, PERCENT, SPACE, TAB } from './pattern.ts';
import {
  BETWEEN,
  ESCAPE,
  HEX,
  HEX_LOW,
  MOST_BACKSLASHES,
  PERCENT_1,
  PERCENT_2,
  PERCENT_25,
  PERCENT_HIGH,
  PLAIN,
  SECOND_UNIT,
  UNIT,
} from './spelling-states.ts';

const SHORT_ESCAPES = new Map([
  [0x08, code('b')],
  [TAB, code('t')],
  [0x0b, code('v')],
  [0x0c, code('f')],
]);

/** Where the spelling of a byte begins, and where it is behind it. */
interface Ends {
  readonly here: number;
  readonly done: number;
}

/** Letters and digits are left alone by all encoders. */
export function isWord(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);
}

/** One byte that is no letter or digit, raw, as `%XX`, after a backslash or as `\xXX`. */
export function escapedByte(
  byte: number,
  state: number,
  { here, done }: Ends,
  beginsCharacter: boolean,
  give: Give,
): void {
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
      if (backslashes < MOST_BACKSLASHES) give(BACKSLASH, here + state + 1);
      if (byte === BACKSLASH) {
        // Two of them, or four: the first of which is the raw one.
        if (backslashes !== 2) give(BACKSLASH, done);
      } else if (byte < 0x80) give(SHORT_ESCAPES.get(byte) ?? byte, done);
      give(code('x'), here + HEX);
      if (beginsCharacter) give(code('u'), here + UNIT);
    }
  }
}

/**
 * What follows the `\u` of a character: four digits, and those of a second unit where it has two.
 * @param units of UTF-16
 * @param state `UNIT` or above
 */
export function escapedUnits(
  units: readonly number[],
  state: number,
  { here, done }: Ends,
  give: Give,
): void {
  const second = state >= SECOND_UNIT;
  if (state >= BETWEEN && !second) {
    if (state < BETWEEN + MOST_BACKSLASHES) give(BACKSLASH, here + state + 1);
    if (state > BETWEEN) give(code('u'), here + SECOND_UNIT);
    return;
  }
  const digit = state - (second ? SECOND_UNIT : UNIT);
  const value = ((units[second ? 1 : 0] ?? 0) >> (12 - 4 * digit)) & 15;
  const afterwards = units.length > 1 && !second ? here + BETWEEN : done;
  for (const hex of hexDigits(value)) give(hex, digit === 3 ? afterwards : here + state + 1);
}

/**
 * How far into the spelling of one byte a place is. Each of the nested kinds ends: `%2525…` and `\\\\…` without end would
 * be a form without end, and nothing could be let out before it.
 */
export const PLAIN = 0;
export const PERCENT_1 = 1;
export const PERCENT_HIGH = 2;
export const PERCENT_25 = 3;
export const PERCENT_2 = 4;
/** After one, two, three backslashes: JSON within JSON doubles them. */
export const ESCAPE = 5;
export const MOST_BACKSLASHES = 3;
/** A letter or digit has no state but the first, a blank of a line break none from here on. */
export const HEX = 8;
export const HEX_LOW = 9;
/** The four digits of a `\u`, then of the second one of a surrogate pair, with what stands between. */
export const UNIT = 10;
export const BETWEEN = 14;
export const SECOND_UNIT = 18;

import { BACKSLASH, code, CR, type Give, LF, MOST_INDENT, PERCENT, SPACE, TAB } from './pattern.ts';
import { ESCAPE, MOST_BACKSLASHES, PERCENT_1, PERCENT_2, PERCENT_25, PLAIN } from './spelling-states.ts';

/** With the blanks around it. */
export const LINE_BREAK = /[ \t]*[\r\n][ \t\r\n]*/g;

/** States of one blank; as many times that as blanks stand already come on top. */
const BREAK_STATES = 8;
/** Of a blank, in the place of `PERCENT_HIGH`: the first digit is known. */
const BREAK_PERCENT_0 = 2;

/** Blanks in place of a line break: how many at least and at most. */
export interface Blanks {
  readonly least: number;
  readonly most: number;
}

/**
 * @param states in which all places of the blanks must fit
 * @param exact as many as there are: with fewer the text would be no more than a word or two
 */
export function blanksFor(found: string, states: number, exact: boolean): Blanks {
  const lines = found.replaceAll('\r\n', '\n');
  const lineBreaks = lines.length - lines.replaceAll(/[\r\n]/g, '').length;
  return {
    least: exact ? lines.length : 1,
    most: Math.min(states / BREAK_STATES - 1, found.length + lineBreaks * MOST_INDENT),
  };
}

/** Whether enough blanks stand already. */
export function isBreakOver({ least }: Blanks, state: number): boolean {
  return state % BREAK_STATES === PLAIN && state / BREAK_STATES >= least;
}

/** One of the blanks in place of a line break, in any spelling. */
export function blank({ most }: Blanks, state: number, here: number, give: Give): void {
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
      if (backslashes < MOST_BACKSLASHES) give(BACKSLASH, within + ESCAPE + backslashes);
      for (const character of 'nrt') give(code(character), done);
    }
  }
}

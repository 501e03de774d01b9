/** Colours that are read well on dark and on light ground. */
const COLOURS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

/** A process's name in its own colour, the same each time. */
export function coloured(source: string): string {
  let sum = 0;
  for (const letter of source) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_536;
  return `\u001b[${COLOURS[sum % COLOURS.length]}m${source}\u001b[0m`;
}

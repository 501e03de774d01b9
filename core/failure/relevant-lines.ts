import { stripVTControlCharacters } from 'node:util';

/** Characters of one line that is shown; a minified stack is no help. */
const LONGEST = 200;
/** Words by which test runners, compilers and runtimes begin to say what is wrong. */
const TELLS =
  /\b(?:error|failed|failure|failing|exception|panic(?:ked)?|traceback|fatal|not ok|cannot find|no such file|undefined is not|assert(?:ion)?(?:error)?)\b|^\s*(?:✖|✗|×|E {2,})/i;
/** What says that all is well, with the same words. */
const TELLS_NOT = /\b(?:0|no) (?:errors?|failed|failures?|failing)\b|\bfail(?:ed|ures?)?:? 0\b/i;

/**
 * What to read of an output that ended badly: its last lines, and before them, when it is not among them, the first
 * line that says what is wrong. Empty lines and what colours a line are left out.
 * @param most lines, 3 at least
 */
export function relevantLines(output: string, most: number): string[] {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  if (lines.length <= most) return lines.map(cut);
  const at = lines.findIndex((line) => TELLS.test(line) && !TELLS_NOT.test(line));
  if (at === -1 || at >= lines.length - most) return lines.slice(-most).map(cut);
  return [lines[at] ?? '', '…', ...lines.slice(-(most - 2))].map(cut);
}

function cut(line: string): string {
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

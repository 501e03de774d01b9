/** Blanks, and a word of pieces: bare, '…', and "…" with no character in it that a shell would read. */
const PIECE = /([ \t]+)|([^\s'"\\$`|&;<>()*?[\]{}~!]+)|'([^']*)'|"([^"\\$`!]*)"/y;

/**
 * The words of a line as a POSIX shell would split it (Shell Command Language, 2.2 Quoting), for what needs no shell:
 * nothing is expanded.
 * @returns undefined for a line that a shell would do more with, or whose quote does not end
 */
export function shellWords(line: string): string[] | undefined {
  const words: string[] = [];
  const pieces = new RegExp(PIECE);
  let open = false;
  while (pieces.lastIndex < line.length) {
    const found = pieces.exec(line);
    if (found === null) return undefined;
    const [, blank, bare, single, double] = found;
    if (blank !== undefined) {
      open = false;
      continue;
    }
    if (!open) words.push('');
    open = true;
    words[words.length - 1] += bare ?? single ?? double ?? '';
  }
  return words;
}

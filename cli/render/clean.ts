/**
 * Text from apps, builds and other people is not trusted with the terminal: a title, the clipboard or the cursor are
 * not theirs to set. Colours and styles (CSI … m) stay.
 */
// eslint-disable-next-line no-control-regex
const SEQUENCE =
  /\u001b\[[0-9;:]*m|\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])?|[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f]/g;
// eslint-disable-next-line no-control-regex
const STYLE = /^\u001b\[[0-9;:]*m$/;

/** Removes what a terminal would obey, but for styles, tabs, and the ends of lines. */
export function clean(text: string): string {
  return text.replace(SEQUENCE, (found) => (STYLE.test(found) ? found : ''));
}

/**
 * One cell of a table or one line of a message: no styles, and a tab or a new line shown as \t or \n. What an answer of
 * another version lacks, or has as something else than text, is shown all the same.
 */
export function cell(text: string | number | boolean | null | undefined): string {
  return clean(String(text ?? '-'))
    .replace(SEQUENCE, '')
    .replaceAll('\t', String.raw`\t`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\n', String.raw`\n`);
}

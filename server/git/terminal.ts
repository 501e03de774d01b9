/** The four prefixes that everything on a pusher's terminal carries. */
export const STEP = '-----> ';
export const DETAIL = '       ';
export const RESULT = '=====> ';
export const ERROR = ' !     ';

/** Text from a repository may not steer the terminal of the person who reads it. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?');
}

import type { Reason } from '../../core/reason.ts';

/** The four prefixes that everything on a pusher's terminal carries. */
export const STEP = '-----> ';
export const DETAIL = '       ';
export const RESULT = '=====> ';
export const ERROR = ' !     ';

/** A reason as lines: what happened, the facts behind it, what to type next. */
export function reasonLines(reason: Reason): string[] {
  return [
    ...lines(ERROR, reason.message),
    ...(reason.detail ?? []).flatMap((fact) => lines(DETAIL, fact)),
    ...(reason.hint === undefined ? [] : lines(ERROR, reason.hint)),
  ];
}

function lines(prefix: string, text: string): string[] {
  return text.split('\n').map((line) => prefix + printable(line));
}

/** Text from a repository may not steer the terminal of the person who reads it. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?');
}

import type { Context } from './context.ts';

/** A command to type next, with the `-a` that this one was given. */
export function typeNext(context: Pick<Context, 'namedApp'>, command: string): string {
  return `sluice ${command}${context.namedApp === undefined ? '' : ` -a ${context.namedApp}`}`;
}

import { reason, Refusal } from '../../../core/reason.ts';

/** A verb as it was typed behind `ssh HOST`. */
export interface Asked {
  readonly app: string;
  readonly argument: string | undefined;
}

/**
 * Reads the words behind a verb: `-a APP` (or `--app APP`) and at most one argument.
 * @throws Refusal (misuse) saying what would be right
 */
export function readAsked(
  verb: string,
  words: readonly string[],
  { ofApp, argument }: { readonly ofApp: boolean; readonly argument?: string },
): Asked {
  const rest: string[] = [];
  let app: string | undefined;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '-a' || word === '--app') app = words[(at += 1)];
    else rest.push(word);
  }
  const usage = [
    'ssh …',
    verb,
    ...(argument === undefined ? [] : [`[${argument}]`]),
    ...(ofApp ? ['-a APP'] : []),
  ].join(' ');
  const most = argument === undefined ? 0 : 1;
  if (ofApp && app === undefined) throw misuse(`${verb}: which app?`, usage);
  if (rest.length > most || rest[0]?.startsWith('-'))
    throw misuse(`${verb} does not take "${rest.at(-1) ?? ''}"`, usage);
  return { app: app ?? '', argument: rest[0] };
}

function misuse(message: string, usage: string): Refusal {
  return Refusal.of(422, reason('misuse', message, usage));
}

import { reason, Refusal } from '../../../core/reason.ts';

/** A verb as it was typed behind `ssh HOST`. */
export interface Asked {
  readonly app: string;
  readonly argument: string | undefined;
  /** Goes on as lines come. */
  readonly follow: boolean;
}

export interface Takes {
  /** It is about one app, named by -a. */
  readonly ofApp: boolean;
  /** What may stand behind it. */
  readonly argument?: string;
  /** Takes `-f`. */
  readonly follows?: boolean;
}

/** `builds:log [NUMBER] [-f] -a APP` */
export function usageOf(verb: string, { ofApp, argument, follows }: Takes): string {
  return [
    verb,
    ...(argument === undefined ? [] : [`[${argument}]`]),
    ...(follows === true ? ['[-f]'] : []),
    ...(ofApp ? ['-a APP'] : []),
  ].join(' ');
}

/**
 * Reads the words behind a verb: `-a APP` (or `--app APP`), `-f` where it follows, and at most one argument.
 * @throws Refusal (misuse) saying what would be right
 */
export function readAsked(verb: string, words: readonly string[], takes: Takes): Asked {
  const { ofApp, argument, follows = false } = takes;
  const rest: string[] = [];
  let follow = false;
  let app: string | undefined;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '-a' || word === '--app') app = words[(at += 1)];
    else if (follows && (word === '-f' || word === '--follow')) follow = true;
    else rest.push(word);
  }
  const usage = `ssh … ${usageOf(verb, takes)}`;
  const most = argument === undefined ? 0 : 1;
  if (ofApp && app === undefined) throw misuse(`${verb}: which app?`, usage);
  if (rest.length > most || rest[0]?.startsWith('-'))
    throw misuse(`${verb} does not take "${rest.at(-1) ?? ''}"`, usage);
  return { app: app ?? '', argument: rest[0], follow };
}

function misuse(message: string, usage: string): Refusal {
  return Refusal.of(422, reason('misuse', message, usage));
}

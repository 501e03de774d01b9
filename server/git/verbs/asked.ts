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
 * Reads the words behind a verb: `-a APP` (or `--app APP`, `--app=APP`), `-f` where it follows, and at most one argument.
 * @throws Refusal (misuse) saying what would be right
 */
export function readAsked(verb: string, words: readonly string[], takes: Takes): Asked {
  const { ofApp, argument, follows = false } = takes;
  const usage = `ssh … ${usageOf(verb, takes)}`;
  const rest: string[] = [];
  let follow = false;
  let app: string | undefined;
  const left = words[Symbol.iterator]();
  for (const word of left) {
    const [flag = '', ...given] = word.split('=');
    if (ofApp && (word === '-a' || flag === '--app')) {
      if (app !== undefined) throw misuse(`${verb}: ${flag} is given twice`, usage);
      app = given.length > 0 ? given.join('=') : (left.next().value ?? '');
      if (app === '' || app.startsWith('-')) throw misuse(`${verb}: ${flag} names no app`, usage);
    } else if (follows && (word === '-f' || word === '--follow')) follow = true;
    else rest.push(word);
  }
  const most = argument === undefined ? 0 : 1;
  const tooMuch = rest.find((word) => word === '' || word.startsWith('-')) ?? rest[most];
  if (tooMuch !== undefined) throw misuse(`${verb} does not take "${tooMuch}"`, usage);
  if (ofApp && app === undefined) throw misuse(`${verb}: which app?`, usage);
  return { app: app ?? '', argument: rest[0], follow };
}

function misuse(message: string, usage: string): Refusal {
  return Refusal.of(422, reason('misuse', message, usage));
}

import { stripVTControlCharacters } from 'node:util';
import type { BuildState } from '../build.ts';
import { oneLine } from '../printable.ts';
import type { Reason } from '../reason.ts';
import { reasonText } from '../reasons/reasons.ts';
import type { RolloutState } from '../rollout.ts';

/** Of a message or a hint; longer ones are cut, as the screen has to hold all. */
const MOST_SENTENCE_LINES = 3;
const MOST_FACTS = 12;
/** Most lines of a screen, whatever a reason brings: headline, message, facts, cause, hint, more. */
export const SCREEN_LINES = 1 + MOST_SENTENCE_LINES + MOST_FACTS + 1 + MOST_SENTENCE_LINES + 1;

/** What was to become live, and how it ended; or a replica that is not up. */
export type Ended =
  | { readonly build: number; readonly state: BuildState; readonly supersededBy?: number | undefined }
  | { readonly release: number; readonly state: RolloutState }
  | { readonly replica: string; readonly state: string };

/**
 * A failure on one screen, the same wherever it is shown: what happened, the last lines that tell of it, the likely
 * cause, what mends it, and where more of its code stands. Lines have their prefix, and nothing that a terminal obeys.
 */
export function failureScreen(ended: Ended, why: Reason | undefined): string[] {
  if (why === undefined) return said(headline(ended));
  const known = reasonText(why.code);
  const next = why.hint ?? known?.mend;
  return [
    ...said(headline(ended)),
    ...said(why.message),
    ...fewFacts(why.detail ?? []),
    ...(known === undefined ? [] : said(`Likely cause: ${known.cause}`)),
    ...(next === undefined ? [] : said(`Next: ${next}`)),
    ...(known === undefined ? [] : said(`More: sluice help ${why.code}`)),
  ];
}

/** A refusal of what was asked: nothing ran that could have failed, so what it says is all that there is to know. */
export function refusalLines(why: Reason): string[] {
  const hint = why.hint ?? reasonText(why.code)?.mend;
  return [
    ...lines(SAID, why.message),
    ...(why.detail ?? []).flatMap((fact) => lines(FACT, fact)),
    ...(hint === undefined ? [] : lines(SAID, hint)),
  ];
}

/** `Build 41 failed`, `v12 was rolled back` */
export function headline(ended: Ended): string {
  if ('replica' in ended) return `${ended.replica} is ${ended.state}`;
  const what = 'build' in ended ? `Build ${ended.build}` : `v${ended.release}`;
  const by =
    'supersededBy' in ended && ended.supersededBy !== undefined ? ` by build ${ended.supersededBy}` : '';
  if (ended.state === 'failed' || ended.state === 'succeeded') return `${what} ${ended.state}`;
  if (ended.state === 'rolled-back') return `${what} was rolled back`;
  const over = ended.state === 'cancelled' || ended.state === 'superseded';
  return `${what} ${over ? 'was' : 'is'} ${ended.state}${ended.state === 'superseded' ? by : ''}`;
}

const SAID = ' !     ';
const FACT = '       ';

function said(text: string): string[] {
  return lines(SAID, text).slice(0, MOST_SENTENCE_LINES);
}

/** The last ones, as a program's last lines say what ended it; the first, which says how it ended, stays. */
function fewFacts(detail: readonly string[]): string[] {
  const all = detail.flatMap((fact) => lines(FACT, fact));
  if (all.length <= MOST_FACTS) return all;
  return [...all.slice(0, 1), `${FACT}…`, ...all.slice(-(MOST_FACTS - 2))];
}

function lines(prefix: string, text: string): string[] {
  return text.split('\n').map((line) => prefix + oneLine(stripVTControlCharacters(line)));
}

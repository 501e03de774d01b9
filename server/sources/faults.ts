import { Refusal } from '../../core/reason.ts';
import type { ReasonCode } from '../../core/reasons/reasons.ts';
import type { FetchFault } from '../tree/submodules/fetch-process.ts';

/** What is said of git's own words, first match first. */
const MEANINGS: readonly {
  readonly words: RegExp;
  readonly code: ReasonCode;
  readonly what: string;
  readonly hint: string;
}[] = [
  {
    words: /host key verification failed|remote host identification has changed/i,
    code: 'source_host_key',
    what: 'its host shows another key than when it was linked',
    hint: 'if that is right, link it anew: sluice repository:unlink, then sluice repository:link',
  },
  {
    words: /\b30[12378]\b|redirect/i,
    code: 'source_refused',
    what: 'it answers with a redirect, which is not followed',
    hint: 'link it where it ends, often the same with .git',
  },
  {
    words:
      /permission denied|authentication failed|could not read (?:username|password)|terminal prompts disabled|returned error: 40[13]|access denied/i,
    code: 'source_login',
    what: 'it lets nobody in with what it was given',
    hint: 'add the deploy key there (sluice repository shows it), or link it with a token that may read it',
  },
  {
    words: /not found|does not exist|does not appear to be a git repository|returned error: 404/i,
    code: 'source_not_found',
    what: 'there is no such repository, or it is hidden from who may not read it',
    hint: 'check the URL, and add the deploy key there: sluice repository shows both',
  },
  {
    words: /fsck|badTree|missing(?:Email|Space|Author)|bad object|invalid object|index-pack failed/i,
    code: 'bad_objects',
    what: 'git refuses its objects',
    hint: 'look with `git fsck --strict`; what it names must leave the history',
  },
];

/** Why nothing came from a linked repository. */
export function faultRefusal(url: string, { stderr, limit }: FetchFault): Refusal {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const refusal = (code: ReasonCode, why: string, hint: string): Refusal =>
    new Refusal(422, code, `${url} could not be fetched: ${why}`, hint, lines.slice(-5));
  if (limit !== undefined) {
    return refusal('source_limit', limit, 'keep build results and data out of git, or push to the platform');
  }
  const meant = MEANINGS.find(({ words }) => words.test(stderr));
  if (meant) return refusal(meant.code, meant.what, meant.hint);
  return refusal(
    'source_unreachable',
    'it did not answer as a git repository does',
    'sluice repository:check',
  );
}

export function isMissingRef({ stderr }: FetchFault): boolean {
  return /couldn't find remote ref/i.test(stderr);
}

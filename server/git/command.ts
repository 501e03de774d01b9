import type { GitService } from '../../core/contracts/internal.ts';
import { shellWords } from './shell-words.ts';
import { VERBS } from './verbs/verbs.ts';

/** What a client asked the front to run. */
export type Command =
  | { readonly kind: 'git'; readonly service: GitService; readonly app: string }
  | { readonly kind: 'api' }
  | { readonly kind: 'verb'; readonly verb: string; readonly words: readonly string[] }
  | { readonly kind: 'refused'; readonly line: string };

const GIT_COMMAND = /^git[- ](receive-pack|upload-pack) +(.+)$/;
/** git quotes a path as sh does: '…', with \' and \! outside of the quotes. */
const QUOTED = /^'((?:[^'\\]|'\\['!]')*)'$/;
const BARE = /^[A-Za-z0-9._~/-]+$/;
/** A word behind a verb, without its quotes: nothing that needs them. */
const WORD = /^[A-Za-z0-9._:#=-]{0,100}$/;
const APP_PATH = /^(?:\/|~\/)?([A-Za-z0-9][A-Za-z0-9._-]*?)(?:\.git)?\/?$/;

/**
 * Reads the command line of an SSH exec request. Strict: what is not exactly a known command is refused, nothing
 * is ever given to a shell.
 */
export function parseCommand(line: string): Command {
  if (line.length > 1_000) return { kind: 'refused', line: line.slice(0, 60) };
  if (line === 'sluice-api') return { kind: 'api' };
  const [verb = '', ...words] = shellWords(line) ?? [];
  if (Object.hasOwn(VERBS, verb) && words.every((word) => WORD.test(word)))
    return { kind: 'verb', verb, words };
  const git = GIT_COMMAND.exec(line);
  const path = git?.[2] === undefined ? undefined : unquote(git[2]);
  const app = path === undefined ? undefined : APP_PATH.exec(path)?.[1];
  if (app === undefined) return { kind: 'refused', line };
  return { kind: 'git', service: git?.[1] === 'receive-pack' ? 'git-receive-pack' : 'git-upload-pack', app };
}

function unquote(argument: string): string | undefined {
  const quoted = QUOTED.exec(argument)?.[1];
  if (quoted !== undefined) return quoted.replaceAll(/'\\(['!])'/g, '$1');
  return BARE.test(argument) ? argument : undefined;
}

import { Argument, Option } from 'commander';
import type { AnyCommand } from '../command.ts';
import { findCommand, GLOBALS_WITH_VALUE } from '../words.ts';

/** What could stand where the cursor is. */
export type Wanted =
  | { readonly kind: 'commands' }
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  | { readonly kind: 'names'; readonly of: NameKind }
  | { readonly kind: 'files' }
  | { readonly kind: 'nothing' };

/** Names that only the platform knows. */
export type NameKind =
  | 'apps'
  | 'releases'
  | 'builds'
  | 'commits'
  | 'processes'
  | 'config-keys'
  | 'secrets'
  /** Config keys and secrets. */
  | 'variables'
  | 'hosts'
  | 'members'
  /** The people of the platform, for those who may see them. */
  | 'accounts'
  /** The same, else the members of the app. */
  | 'everybody'
  | 'keys'
  | 'deploy-keys'
  | 'tokens'
  | 'hooks'
  | 'deliveries'
  | 'notifications'
  | 'notification-deliveries';

export interface Candidate {
  readonly word: string;
  readonly description?: string;
}

/** What is meant by the placeholder of an argument or an option, where its name says so. */
const BY_PLACEHOLDER: Readonly<Record<string, NameKind | 'files'>> = {
  app: 'apps',
  release: 'releases',
  number: 'builds',
  type: 'processes',
  'type=count': 'processes',
  'key=value': 'config-keys',
  'key=path': 'config-keys',
  'name=path': 'secrets',
  person: 'accounts',
  token: 'tokens',
  hook: 'hooks',
  delivery: 'deliveries',
  file: 'files',
  path: 'files',
};
/** The same, where one word means several things. */
const BY_COMMAND: Readonly<Record<string, Readonly<Record<string, NameKind>>>> = {
  'apps:destroy': { name: 'apps' },
  'access:add': { person: 'everybody' },
  'access:remove': { person: 'members' },
  'builds:create': { id: 'commits' },
  'config:get': { key: 'config-keys' },
  'config:unset': { key: 'variables' },
  'deploy-keys:remove': { key: 'deploy-keys' },
  'domains:remove': { host: 'hosts' },
  'keys:remove': { key: 'keys' },
  'notify:redeliver': { id: 'notification-deliveries' },
  'notify:remove': { id: 'notifications' },
  'notify:test': { id: 'notifications' },
  'releases:diff': { from: 'releases', to: 'releases' },
  'secrets:rotate': { name: 'secrets' },
  'secrets:set': { name: 'secrets' },
  'secrets:unset': { name: 'secrets' },
};

const GLOBALS: readonly Candidate[] = [
  { word: '--app', description: 'the app' },
  { word: '--host', description: 'the platform' },
  { word: '--local', description: "over the platform's own socket" },
  { word: '--json', description: 'JSON instead of text' },
  { word: '--help', description: 'the page of this command' },
];

/**
 * Reads the words before the cursor as the parser would, and says what may follow. Pure.
 * @param before words after `sluice`, without the one at the cursor
 * @param partial the word at the cursor, as far as it is typed
 * @param command loads a command by its name
 */
export async function wanted(
  before: readonly string[],
  partial: string,
  names: readonly string[],
  command: (name: string) => Promise<AnyCommand>,
): Promise<Wanted> {
  const last = before.at(-1) ?? '';
  if (last === '-a' || last === '--app') return { kind: 'names', of: 'apps' };
  if (GLOBALS_WITH_VALUE.includes(last)) return { kind: 'nothing' };
  const found = findCommand(before, names);
  if (found.name === undefined) return partial.startsWith('-') ? words(GLOBALS) : { kind: 'commands' };
  if (found.name === 'help') return { kind: 'commands' };
  if (!found.known) return { kind: 'nothing' };
  const { arguments: args, options, passThrough, choices } = await command(found.name);
  const own = Object.values(options).map((spec) => new Option(spec.flags, spec.description));
  const taking = own.find((option) => option.required && isOf(option, last));
  if (taking) return byName(found.name, placeholderOf(taking.flags), choices);
  const position = positionals(found.rest, own);
  // The command line of another program: its words are not ours.
  if (passThrough === true && position > 0) return { kind: 'files' };
  if (partial.startsWith('-')) {
    return words([
      ...own.map(({ long, short, description }) => ({ word: long ?? short ?? '', description })),
      ...GLOBALS,
    ]);
  }
  const specs = Object.values(args).map(({ placeholder }) => new Argument(placeholder));
  const spec = specs[position] ?? specs.findLast(({ variadic }) => variadic);
  return spec === undefined ? { kind: 'nothing' } : byName(found.name, spec.name(), choices);
}

function words(candidates: readonly Candidate[]): Wanted {
  return { kind: 'words', words: candidates };
}

function byName(command: string, placeholder: string, choices: AnyCommand['choices']): Wanted {
  const own = choices?.[placeholder];
  if (own !== undefined) return words(own.map((word) => ({ word })));
  const of = BY_COMMAND[command]?.[placeholder.toLowerCase()] ?? BY_PLACEHOLDER[placeholder.toLowerCase()];
  if (of === undefined) return { kind: 'nothing' };
  return of === 'files' ? { kind: 'files' } : { kind: 'names', of };
}

/** `<release>` of `-r, --release <release>` */
function placeholderOf(flags: string): string {
  return /[<[]([^>\]]+?)(?:\.\.\.)?[>\]]/.exec(flags)?.[1] ?? '';
}

/** How many arguments stand among the words already. */
function positionals(given: readonly string[], own: readonly Option[]): number {
  let count = 0;
  for (let at = 0; at < given.length; at += 1) {
    const word = given[at] ?? '';
    if (GLOBALS_WITH_VALUE.includes(word) || own.some((option) => option.required && isOf(option, word)))
      at += 1;
    else if (!word.startsWith('-') || word === '-') count += 1;
  }
  return count;
}

function isOf({ short, long }: Option, word: string): boolean {
  return word === short || word === long;
}

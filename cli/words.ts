/** Options that every command takes, and that may stand before the command's name. */
export const GLOBALS_WITH_VALUE: readonly string[] = ['-a', '--app', '--host'];

export interface Words {
  /** The command's name, colon form, or what stands where one should; undefined when there is none. */
  readonly name: string | undefined;
  readonly known: boolean;
  /** The word after the name, for suggestions: `creat` of `apps creat`. */
  readonly next: string | undefined;
  /** Everything but the name, in order. */
  readonly rest: readonly string[];
}

/** Finds the command in an argv: `topic:verb`, or `topic verb`; options for every command may stand before it. */
export function findCommand(argv: readonly string[], names: readonly string[]): Words {
  const at = firstWord(argv);
  const first = argv[at];
  if (first === undefined) return { name: undefined, known: false, next: undefined, rest: argv };
  const next = argv[at + 1];
  const following = next !== undefined && !next.startsWith('-') ? next : undefined;
  const spaced = `${first}:${following}`;
  if (following !== undefined && names.includes(spaced)) {
    return {
      name: spaced,
      known: true,
      next: undefined,
      rest: [...argv.slice(0, at), ...argv.slice(at + 2)],
    };
  }
  return {
    name: first,
    known: names.includes(first),
    next: following,
    rest: [...argv.slice(0, at), ...argv.slice(at + 1)],
  };
}

function firstWord(argv: readonly string[]): number {
  let at = 0;
  while (at < argv.length) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-') || word === '-') return at;
    if (word === '--') return argv.length;
    at += GLOBALS_WITH_VALUE.includes(word) ? 2 : 1;
  }
  return argv.length;
}

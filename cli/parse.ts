import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { AnyCommand } from './command.ts';
import { misuse } from './failure.ts';
import { shellLine } from './example.ts';
import type { Globals } from './globals.ts';
import { suggest } from './suggest.ts';

export type Parsed =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'run'; readonly globals: Globals; readonly input: Record<string, unknown> };

/** Said of what a script gave: a person types no quotes with nothing between. */
const EMPTY_HINT = 'If it comes from a variable: that is empty or not set';

/**
 * Parses what follows a command's name by its declaration.
 * @throws Failure (misuse) naming what is wrong and what would be right
 */
export function parse(
  name: string,
  command: AnyCommand,
  argv: readonly string[],
  names: readonly string[],
): Parsed {
  const parser = build(name, command);
  try {
    parser.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { kind: 'help', text: parser.helpInformation() };
    throw misuse(...explain(error, name, command, parser.args, names));
  }
  const options: Record<string, unknown> = parser.opts();
  const input: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(command.options)) {
    const option = new Option(spec.flags);
    const given = options[option.attributeName()];
    input[key] = option.negate ? given === false : (given ?? spec.fallback);
  }
  Object.keys(command.arguments).forEach((key, index) => {
    input[key] = parser.processedArgs[index];
  });
  const apps = (options['app'] ?? []) as readonly string[];
  const host = text(options['host']);
  if (apps.includes('')) throw misuse('-a names no app: it is empty', EMPTY_HINT);
  if (host === '') throw misuse('--host names no platform: it is empty', EMPTY_HINT);
  const empty = command.passThrough === true ? -1 : parser.args.indexOf('');
  if (empty !== -1) throw misuse(`argument ${empty + 1} of ${name} is empty`, EMPTY_HINT);
  return {
    kind: 'run',
    globals: {
      app: apps.at(-1),
      apps,
      host,
      local: options['local'] === true,
      json: options['json'] === true,
    },
    input,
  };
}

function text(given: unknown): string | undefined {
  return typeof given === 'string' ? given : undefined;
}

/** The page of `sluice help NAME`. */
export function help(name: string, command: AnyCommand): string {
  return build(name, command).helpInformation();
}

function build(name: string, command: AnyCommand): Command {
  const description = [command.summary, command.details].filter((part) => part !== undefined).join('\n\n');
  const parser = new Command(`sluice ${name}`)
    .description(description)
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .allowExcessArguments(false)
    .passThroughOptions(command.passThrough === true);
  for (const spec of Object.values(command.arguments)) {
    const argument = new Argument(spec.placeholder, spec.description);
    const parseOne = spec.parse;
    if (parseOne !== undefined) argument.argParser((given: string) => asCommander(() => parseOne(given)));
    parser.addArgument(argument);
  }
  for (const spec of Object.values(command.options)) {
    const option = new Option(spec.flags, spec.description);
    const parseOne = spec.parse;
    if (parseOne !== undefined) option.argParser((given: string) => asCommander(() => parseOne(given)));
    if (spec.many === true) option.argParser<string[] | undefined>((given, all) => [...(all ?? []), given]);
    parser.addOption(option);
  }
  parser
    .option(
      '-a, --app <name>',
      'the app; else the one of the `platform` remote of this folder',
      (given: string, before: readonly string[] | undefined) => [...(before ?? []), given],
    )
    .option('--host <address>', 'the platform, as ssh://sluice@host:port')
    .option('--local', "over the platform's own socket, as root on its machine")
    .option('--json', 'JSON instead of text')
    .helpOption('-h, --help', 'this page');
  if (command.examples !== undefined) {
    const examples = command.examples.map((example) => `  $ ${shellLine(example)}`).join('\n');
    const page = parser.helpInformation.bind(parser);
    parser.helpInformation = () => `${page()}\nExamples:\n${examples}\n`;
  }
  return parser;
}

function asCommander<T>(parseOne: () => T): T {
  try {
    return parseOne();
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** Commander's words, as message and hint. */
function explain(
  error: CommanderError,
  name: string,
  command: AnyCommand,
  args: readonly string[],
  names: readonly string[],
): [string, string] {
  const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  const usage = `Type: sluice help ${name}`;
  if (error.code === 'commander.excessArguments') {
    const near = args[0] === undefined ? undefined : suggest(`${name}:${args[0]}`, names);
    return [
      `${name}: too many arguments`,
      near === undefined || near === name ? usage : `Did you mean: sluice ${near}`,
    ];
  }
  const absent = /^missing required argument '(.*)'$/.exec(first)?.[1];
  if (absent !== undefined) {
    const [example] = command.examples ?? [];
    const such = example === undefined ? '' : `Such as: ${shellLine(example)}; more: sluice help ${name}`;
    return [`${name} wants <${absent}>`, such === '' ? usage : such];
  }
  const valueless = /^option '(.*) (<.*>)' argument missing$/.exec(first);
  if (valueless !== null) return [`${valueless[1]} wants ${valueless[2]} behind it`, usage];
  // "command-argument value 'x' is invalid for argument 'release'. a release is written v12"
  const invalid = /(?:value|argument) '([^']*)' is invalid(?: for argument '[^']*')?\. (.*)/s.exec(first);
  if (invalid !== null) return [`"${invalid[1]}" will not do: ${invalid[2]}`, usage];
  const meant = /Did you mean (.*)\?/.exec(more.join(' '))?.[1];
  return [first, meant === undefined ? usage : `Did you mean: ${meant}`];
}

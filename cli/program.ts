import { reasonText } from '../core/reasons/reasons.ts';
import { makeContext, type OpenContext, type Surroundings } from './context.ts';
import { Exit, Failure, messageOf, misuse } from './failure.ts';
import { COMPLETE } from './completion/protocol.ts';
import { commandNames, registry } from './registry.ts';
import { Output } from './render/output.ts';
import { isBrokenPipe } from './terminal.ts';
import { VERSION } from '../core/version.ts';
import { findCommand, type Words } from './words.ts';

/** Runs one command line, without the leading `sluice`. @returns the exit code; nothing is thrown */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  // Errors before the options are parsed have to know, too, whether a script reads them.
  const options = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const before = new Output(surroundings.terminal, options.includes('--json'), surroundings.now);
  const shown: Shown = { out: before, name: undefined };
  try {
    return await dispatch(argv, surroundings, shown);
  } catch (error) {
    if (isBrokenPipe(error)) return Exit.unread;
    const failure = error instanceof Failure ? withHint(error, shown.name) : unexpected(error);
    shown.out.failure(failure);
    return failure.exit;
  }
}

/** How this run shows what ends it, and what it was. */
interface Shown {
  out: Output;
  name: string | undefined;
}

/** @param shown gets the output of the command once its options are known */
async function dispatch(argv: readonly string[], surroundings: Surroundings, shown: Shown): Promise<number> {
  const { out } = shown;
  if (argv[0] === COMPLETE) return completion(argv.slice(1), surroundings);
  const words = findCommand(argv, commandNames);
  if (
    words.name === 'version' ||
    (words.name === undefined && argv.some((word) => /^(?:--version|-v|-V)$/.test(word)))
  ) {
    out.show({ version: VERSION }, () => out.line(`sluice ${VERSION}`));
    return Exit.done;
  }
  if (words.name === undefined || words.name === 'help') return help(words, surroundings, out);
  if (!words.known) throw await unknown(words);
  const { parse } = await import('./parse.ts');
  const command = await load(words.name);
  const parsed = parse(words.name, command, words.rest, commandNames);
  if (parsed.kind === 'help') {
    surroundings.terminal.stdout.write(parsed.text);
    return Exit.done;
  }
  const { globals } = parsed;
  const local = globals.local || command.local === true;
  const context = makeContext(surroundings, { ...globals, local });
  shown.out = context.out;
  shown.name = words.name;
  try {
    return (await command.run(context, parsed.input)) ?? Exit.done;
  } finally {
    context.close();
  }
}

/** What the shells' completion asks. Whatever goes wrong, nothing is said: it would stand in the person's line. */
async function completion(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { complete } = await import('./completion/complete.ts');
  const contexts: OpenContext[] = [];
  const settings = { ...surroundings.settings, quiet: true };
  const contextFor = (app: string | undefined, host: string | undefined): OpenContext => {
    const context = makeContext(
      { ...surroundings, settings },
      { app, apps: app === undefined ? [] : [app], host, local: false, json: true },
    );
    contexts.push(context);
    return context;
  };
  try {
    surroundings.terminal.stdout.write(await complete(argv, commandNames, load, contextFor));
  } catch {
    return Exit.failed;
  } finally {
    for (const context of contexts) context.close();
  }
  return Exit.done;
}

async function help(words: Words, surroundings: Surroundings, out: Output): Promise<number> {
  const asked = findCommand(words.rest, commandNames);
  if (words.name === undefined || asked.name === undefined) {
    const summaries = await Promise.all(
      commandNames.map(async (name) => ({ name, summary: (await load(name)).summary })),
    );
    const { overview } = await import('./render/overview.ts');
    out.show(summaries, () => surroundings.terminal.stdout.write(overview(summaries)));
    return Exit.done;
  }
  const code = asked.known ? undefined : reasonText(asked.name);
  if (code !== undefined) {
    const { reasonPage } = await import('./render/reason-page.ts');
    out.show({ code: asked.name, ...code }, () => out.lines(reasonPage(asked.name ?? '', code)));
    return Exit.done;
  }
  if (!asked.known) throw await unknown(asked);
  const { help: page } = await import('./parse.ts');
  surroundings.terminal.stdout.write(page(asked.name, await load(asked.name)));
  return Exit.done;
}

async function load(name: string) {
  const entry = registry[name];
  if (entry === undefined) throw new TypeError(`${name} is not registered`);
  return (await entry()).command;
}

async function unknown({ name = '', next }: Words): Promise<Failure> {
  const { suggest } = await import('./suggest.ts');
  const spaced = next === undefined ? undefined : suggest(`${name}:${next}`, commandNames);
  const near = spaced ?? suggest(name, commandNames);
  return misuse(
    `"${name}" is not a command of sluice`,
    near === undefined ? 'Type: sluice help' : `Did you mean: sluice ${near}`,
  );
}

/** No misuse leaves a person without what to type next. */
function withHint(failure: Failure, name: string | undefined): Failure {
  if (failure.exit !== Exit.misuse || failure.reason.hint !== undefined || name === undefined) return failure;
  return misuse(failure.message, `Type: sluice help ${name}`);
}

function unexpected(error: unknown): Failure {
  const hint =
    "If the command and the platform are of one version (`sluice status` shows the platform's), this is a fault of sluice";
  return new Failure(Exit.failed, { code: 'unexpected', message: messageOf(error), hint }, { cause: error });
}

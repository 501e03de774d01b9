import type { Context } from './context.ts';

/**
 * The shape that every file under commands/ exports as `command`. What a command takes is declared once, here, and
 * arrives in `run` parsed and typed.
 */
export interface OptionSpec<T> {
  /** As commander reads it: `-n, --num <lines>`, `--no-cache`. */
  readonly flags: string;
  readonly description: string;
  readonly parse?: (text: string) => T;
  readonly fallback: T;
  /** May be given several times; the value is the list of them. */
  readonly many?: boolean;
}

export interface ArgumentSpec<T> {
  /** `<key>` must be given, `[key]` may be, `<pairs...>` and `[command...]` take all that is left. */
  readonly placeholder: string;
  readonly description: string;
  readonly parse?: (text: string) => unknown;
  /** Never set: carries the type. */
  readonly type?: T;
}

export interface Command<A, O> {
  readonly summary: string;
  /** More than the summary, for `sluice help NAME`. */
  readonly details?: string;
  /** Command lines without the leading `sluice`; the tests parse them, so that they stay right. */
  readonly examples?: readonly string[];
  /** What --json prints, by the names of the OpenAPI document: `Build`, `Build[]`, `LogEntry a line`, or the fields. */
  readonly json?: string;
  readonly arguments: { readonly [K in keyof A]: ArgumentSpec<A[K]> };
  readonly options: { readonly [K in keyof O]: OptionSpec<O[K]> };
  /** Words that a placeholder stands for, by its name, for completion. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /** The command line of another program follows the first argument: its options are not ours. */
  readonly passThrough?: boolean;
  /** Works on the platform's own machine only, as if --local were given. */
  readonly local?: boolean;
  /** @returns the exit code; nothing is 0 */
  run(context: Context, input: A & O): Promise<number | void>;
}

/** A command whose types are known to itself only. */
export type AnyCommand = Command<Record<string, unknown>, Record<string, unknown>>;

export function define<A, O>(command: Command<A, O>): AnyCommand {
  return command as unknown as AnyCommand;
}

export function flag(flags: string, description: string): OptionSpec<boolean> {
  return { flags, description, fallback: false };
}

export function text(flags: string, description: string): OptionSpec<string | undefined> {
  return { flags, description, fallback: undefined };
}

/** May be given several times. */
export function texts(flags: string, description: string): OptionSpec<readonly string[]> {
  return { flags, description, fallback: [], many: true };
}

export function value<T>(
  flags: string,
  description: string,
  parse: (text: string) => T,
  fallback: T,
): OptionSpec<T> {
  return { flags, description, parse, fallback };
}

export function argument(name: string, description: string): ArgumentSpec<string>;
export function argument<T>(name: string, description: string, parse: (text: string) => T): ArgumentSpec<T>;
export function argument<T>(
  name: string,
  description: string,
  parse?: (text: string) => T,
): ArgumentSpec<T | string> {
  return { placeholder: `<${name}>`, description, ...(parse === undefined ? {} : { parse }) };
}

export function optional(name: string, description: string): ArgumentSpec<string | undefined>;
export function optional<T>(
  name: string,
  description: string,
  parse: (text: string) => T,
): ArgumentSpec<T | undefined>;
export function optional<T>(
  name: string,
  description: string,
  parse?: (text: string) => T,
): ArgumentSpec<T | string | undefined> {
  return { placeholder: `[${name}]`, description, ...(parse === undefined ? {} : { parse }) };
}

/** Any number of words, also none. */
export function any(name: string, description: string): ArgumentSpec<string[]> {
  return { placeholder: `[${name}...]`, description };
}

/** One or more words. */
export function rest(name: string, description: string): ArgumentSpec<string[]> {
  return { placeholder: `<${name}...>`, description };
}

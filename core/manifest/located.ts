import type { ManifestProblem } from './manifest.ts';

/** A value of a configuration file together with where it stands, so that every message can name the line. */
export interface Located {
  /** Path from the root for people: `canary.steps[1]`; '' is the root. */
  readonly name: string;
  /** Line of the key (of the item in a list), from 1. */
  readonly line: number;
  readonly value: LocatedValue;
}

export type LocatedValue =
  | { readonly kind: 'nothing' }
  /** `text` is what was written, so that `1.10` stays `1.10`. */
  | { readonly kind: 'scalar'; readonly value: string | number | boolean; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Located[] }
  /** In the order of the file, repeated keys included. */
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: string, value: Located])[] };

/** Takes note of something wrong at a line. */
export type Report = (line: number, message: string, fix: string) => void;

/** Collects the problems of one file. */
export function reportFor(file: string, problems: ManifestProblem[]): Report {
  return (line, message, fix) => {
    problems.push({ file, line, message, fix });
  };
}

/** The entries of a map as a lookup; the first of repeated keys counts and the others are reported. */
export function uniqueEntries(
  entries: readonly (readonly [string, Located])[],
  report: Report,
): Map<string, Located> {
  const unique = new Map<string, Located>();
  for (const [key, value] of entries) {
    const first = unique.get(key);
    if (first === undefined) unique.set(key, value);
    else
      report(
        value.line,
        `${value.name} is set twice`,
        `keep one of the lines ${first.line} and ${value.line}`,
      );
  }
  return unique;
}

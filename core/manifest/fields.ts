import { formatDuration, parseDuration } from './durations.ts';
import type { Located, Report } from './located.ts';
import { uniqueEntries } from './located.ts';
import { nearest } from './nearest.ts';
import { parsePercent } from './percent.ts';
import { repositoryPath } from './repository-path.ts';
import { show } from './show.ts';

/** Reads one value, or reports what is wrong with it and gives undefined. */
export type Field<T> = (at: Located, report: Report) => T | undefined;
type Read<F> = F extends Field<infer T> ? T : never;

/** Any text of 1 to `max` characters. Numbers and booleans count as the text that was written. */
export function text(example: string, max = 500): Field<string> {
  return (at, report) => {
    const written = at.value.kind === 'scalar' ? at.value.text : undefined;
    // A NUL ends an argument or an environment value; it cannot be passed on.
    if (written !== undefined && written !== '' && written.length <= max && !written.includes('\0'))
      return written;
    return wrong(at, report, `a text of 1 to ${max} characters, such as \`${lastPart(at)}: ${example}\``);
  };
}

/** Any scalar as text, the empty one included. */
export const value: Field<string> = (at, report) => {
  if (at.value.kind === 'scalar' && at.value.text.length <= 32_768 && !at.value.text.includes('\0'))
    return at.value.text;
  return wrong(at, report, `a text, such as \`${lastPart(at)}: ""\``);
};

/** A text that `accepts`; `right` says in words what it must be. */
export function matching(accepts: RegExp, right: string): Field<string> {
  return (at, report) => {
    const written = at.value.kind === 'scalar' ? at.value.text : undefined;
    return written !== undefined && accepts.test(written) ? written : wrong(at, report, right);
  };
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number, example: number): Field<number> {
  return (at, report) => {
    const written = at.value.kind === 'scalar' ? at.value.value : undefined;
    if (typeof written === 'number' && Number.isInteger(written) && written >= min && written <= max)
      return written;
    return wrong(at, report, `a whole number from ${min} to ${max}, such as \`${lastPart(at)}: ${example}\``);
  };
}

/** Any number from `min` to `max`. */
export function number(min: number, max: number, example: number): Field<number> {
  return (at, report) => {
    const written = at.value.kind === 'scalar' ? at.value.value : undefined;
    if (typeof written === 'number' && written >= min && written <= max) return written;
    return wrong(at, report, `a number from ${min} to ${max}, such as \`${lastPart(at)}: ${example}\``);
  };
}

/** Seconds, written as a duration. */
export function duration(minSeconds: number, maxSeconds: number, example: string): Field<number> {
  return (at, report) => {
    const seconds = at.value.kind === 'scalar' ? parseDuration(at.value.text) : undefined;
    if (seconds !== undefined && seconds >= minSeconds && seconds <= maxSeconds) return seconds;
    const range = `${formatDuration(minSeconds)} to ${formatDuration(maxSeconds)}`;
    return wrong(at, report, `a duration of ${range}, such as \`${lastPart(at)}: ${example}\``);
  };
}

/** A share from 0 to 1, written as a percentage. */
export function share(example: string): Field<number> {
  return (at, report) => {
    const percent = at.value.kind === 'scalar' ? parsePercent(at.value.text) : undefined;
    if (percent !== undefined) return percent / 100;
    return wrong(at, report, `a percentage from 0% to 100%, such as \`${lastPart(at)}: ${example}\``);
  };
}

/** A path inside the repository, without `.` and doubled slashes; `.` itself is the root. */
export function path(example: string): Field<string> {
  return (at, report) => {
    const inside = at.value.kind === 'scalar' ? repositoryPath(at.value.text) : undefined;
    if (inside !== undefined) return inside;
    const right = 'a path inside the repository, without a leading / and without ..';
    return wrong(at, report, `${right}, such as \`${lastPart(at)}: ${example}\``);
  };
}

/** One of a few words. */
export function choice<const T extends string>(words: readonly T[]): Field<T> {
  return (at, report) => {
    const written = at.value.kind === 'scalar' ? at.value.text : undefined;
    return words.find((word) => word === written) ?? wrong(at, report, `one of ${words.join(', ')}`);
  };
}

/** A list of 1 to `max` items. */
export function list<T>(item: Field<T>, max: number, example: string): Field<T[]> {
  return (at, report) => {
    if (at.value.kind !== 'list' || at.value.items.length === 0 || at.value.items.length > max) {
      return wrong(at, report, `a list of 1 to ${max}, such as \`${lastPart(at)}: ${example}\``);
    }
    const items = at.value.items.map((one) => item(one, report));
    return items.every((one) => one !== undefined) ? items : undefined;
  };
}

/** A map from names that `accepts` to values of one kind, at most `max` of them. */
export function mapOf<T>(
  accepts: RegExp,
  rightName: string,
  of: Field<T>,
  max: number,
): Field<Map<string, T>> {
  return (at, report) => {
    if (at.value.kind !== 'map') return wrong(at, report, 'a map of `name: value` lines');
    if (at.value.entries.length > max) return wrong(at, report, `at most ${max} entries`);
    const read = new Map<string, T>();
    for (const [key, entry] of uniqueEntries(at.value.entries, report)) {
      // A plain object would take it for its prototype.
      if (!accepts.test(key) || key === '__proto__') {
        report(entry.line, `${show(key)} is not a name for ${at.name}`, rightName);
        continue;
      }
      const one = of(entry, report);
      if (one !== undefined) read.set(key, one);
    }
    return read;
  };
}

/** A map with known keys, each of which may be left out. Unknown ones are refused with the nearest right name. */
export function record<const F extends Readonly<Record<string, Field<unknown>>>>(
  fields: F,
): Field<{ [K in keyof F]?: Read<F[K]> }> {
  return (at, report) => {
    if (at.value.kind !== 'map') return wrong(at, report, `a map with ${wordList(Object.keys(fields))}`);
    const read: { [K in keyof F]?: Read<F[K]> } = {};
    for (const [key, entry] of uniqueEntries(at.value.entries, report)) {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (field === undefined) {
        report(entry.line, `${entry.name} is not a known key`, unknownKeyFix(key, Object.keys(fields)));
        continue;
      }
      const one = field(entry, report);
      if (one !== undefined) Object.assign(read, { [key]: one });
    }
    return read;
  };
}

/** Keeps the line beside the value, for rules that look at several places. */
export function withLine<T>(field: Field<T>): Field<{ readonly value: T; readonly line: number }> {
  return (at, report) => {
    const read = field(at, report);
    return read === undefined ? undefined : { value: read, line: at.line };
  };
}

function unknownKeyFix(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === undefined ? `the keys here are ${wordList(known)}` : `did you mean ${meant}?`;
}

/** Reports a value that is not what it must be. */
export function wrong(at: Located, report: Report, right: string): undefined {
  report(at.line, `${at.name === '' ? 'the file' : at.name} ${describe(at)}`, right);
  return undefined;
}

function describe(at: Located): string {
  switch (at.value.kind) {
    case 'nothing':
      return 'has no value';
    case 'list':
      return 'is a list';
    case 'map':
      return 'is a map';
    case 'scalar':
      return typeof at.value.value === 'string'
        ? `is ${show(at.value.text)}`
        : `is ${show(at.value.text).slice(1, -1)}`;
  }
}

function lastPart(at: Located): string {
  return at.name.slice(at.name.lastIndexOf('.') + 1).replace(/\[\d+\]$/, '');
}

function wordList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

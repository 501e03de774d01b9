import { posix } from 'node:path';
import { reason } from '../../../core/reason.ts';
import { BuildFailure } from '../build-failure.ts';

/**
 * The rules of a .dockerignore, by Docker's semantics: the last rule that matches a path or one of its folders
 * decides, and `!` takes out again. Each path is followed through all positions of a rule at once, so that no rule
 * takes longer than its length times the path's: as a regular expression, a line such as `*a*a*a*a*b` would hold
 * the builder for hours.
 */
export class IgnoreRules {
  private readonly rules: readonly Rule[];
  private left: number;

  /** @param steps positions looked at, over all paths, before the rules count as too complex (some seconds) */
  constructor(text: string, steps = 400_000_000) {
    this.rules = text.split(/\r?\n/).flatMap((line) => readRule(line) ?? []);
    this.left = steps;
  }

  /** @throws BuildFailure `dockerignore_too_complex` */
  ignores(path: string): boolean {
    let ignored = false;
    for (const { parts, negative } of this.rules) {
      if (ignored !== negative) continue;
      if (this.matches(parts, path)) ignored = !negative;
    }
    return ignored;
  }

  /** Whether the parts match the path or a folder above it. */
  private matches(parts: readonly Part[], path: string): boolean {
    let here = new Set<number>();
    enter(parts, 0, here);
    for (let at = 0; at < path.length && here.size > 0; at++) {
      const letter = path[at] as string;
      if (letter === '/' && here.has(parts.length)) return true;
      this.left -= here.size;
      if (this.left < 0) throw tooComplex();
      const next = new Set<number>();
      for (const position of here) step(parts, position, letter, next);
      here = next;
    }
    return here.has(parts.length);
  }
}

interface Rule {
  readonly parts: readonly Part[];
  readonly negative: boolean;
}

/**
 * `run`: any letters but `/`. `all`: any letters at all. `folders`: nothing, or anything up to a `/`; it stands as a
 * pair of positions, the second of which has begun.
 */
type Part =
  | { readonly kind: 'letter'; readonly accepts: (letter: string) => boolean }
  | { readonly kind: 'run' | 'all' | 'folders' | 'within' };

function enter(parts: readonly Part[], position: number, into: Set<number>): void {
  for (let at = position; ; at++) {
    into.add(at);
    const kind = parts[at]?.kind;
    if (kind === 'folders') {
      into.add(at + 1);
      at += 1;
    } else if (kind !== 'run' && kind !== 'all') return;
  }
}

function step(parts: readonly Part[], position: number, letter: string, into: Set<number>): void {
  const part = parts[position];
  if (part === undefined || part.kind === 'folders') return;
  if (part.kind === 'letter') {
    if (part.accepts(letter)) enter(parts, position + 1, into);
  } else if (part.kind === 'within') {
    into.add(position);
    if (letter === '/') enter(parts, position + 1, into);
  } else if (part.kind === 'all' || letter !== '/') enter(parts, position, into);
}

/** One line, cleaned as Docker cleans it; undefined when it is empty or a comment. */
function readRule(line: string): Rule | undefined {
  if (line.startsWith('#')) return undefined;
  const written = line.trim();
  const negative = written.startsWith('!');
  const pattern = negative ? written.slice(1).trim() : written;
  if (pattern === '') return undefined;
  const clean = posix.normalize(pattern).replace(/(?<=.)\/$/, '');
  return { parts: partsOf(clean.replace(/^\/(?=.)/, '')), negative };
}

function partsOf(pattern: string): Part[] {
  const parts: Part[] = [];
  const letter = (wanted: string): void => {
    parts.push({ kind: 'letter', accepts: (given) => given === wanted });
  };
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    if (character === '*' && pattern[at + 1] === '*') {
      at += pattern[at + 2] === '/' ? 2 : 1;
      if (at + 1 === pattern.length) parts.push({ kind: 'all' });
      else parts.push({ kind: 'folders' }, { kind: 'within' });
    } else if (character === '*') parts.push({ kind: 'run' });
    else if (character === '?') parts.push({ kind: 'letter', accepts: (given) => given !== '/' });
    else if (character === '[') {
      const found = letterClass(pattern, at);
      if (found === undefined) letter(character);
      else {
        parts.push({ kind: 'letter', accepts: found.accepts });
        at = found.end;
      }
    } else if (character === '\\' && at + 1 < pattern.length) letter(pattern[++at] as string);
    else letter(character);
  }
  return parts;
}

/** `[abc]`, `[a-z]`, `[^a]`; undefined when the bracket is not closed. */
function letterClass(
  pattern: string,
  start: number,
): { accepts: (letter: string) => boolean; end: number } | undefined {
  const negated = pattern[start + 1] === '^';
  const ranges: [string, string][] = [];
  for (let at = start + (negated ? 2 : 1); at < pattern.length; at++) {
    if (pattern[at] === ']' && ranges.length > 0) {
      const inside = (letter: string): boolean => ranges.some(([from, to]) => letter >= from && letter <= to);
      return { accepts: (letter) => letter !== '/' && inside(letter) !== negated, end: at };
    }
    if (pattern[at] === '\\') at += 1;
    const from = pattern[at] ?? '';
    const ranged = pattern[at + 1] === '-' && pattern[at + 2] !== undefined && pattern[at + 2] !== ']';
    if (ranged) at += pattern[at + 2] === '\\' ? 3 : 2;
    ranges.push([from, ranged ? (pattern[at] ?? '') : from]);
  }
  return undefined;
}

function tooComplex(): BuildFailure {
  return new BuildFailure(
    reason(
      'dockerignore_too_complex',
      'the rules of .dockerignore take too long on the files of this commit',
      'write fewer rules with fewer * in each',
    ),
  );
}

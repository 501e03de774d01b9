import { COMMON_BYTES, type Pattern, type Place } from './pattern.ts';

/** A pattern's number and a place in it, in one number. */
type Thread = number;
const PLACES = 2 ** 25;

const UNKNOWN = -1;
/** Cells of the table (4 bytes each) after which all states are forgotten and made anew as they are met. */
const MOST_CELLS = 1 << 23;
const FIRST_CELLS = 1 << 12;

/** A match that ends where the automaton is: how many bytes, and of which pattern. */
export interface Match {
  readonly bytes: number;
  readonly pattern: number;
}

/**
 * Aho and Corasick's automaton ("Efficient string matching", CACM 18(6), 1975) over the tree of all spellings of all
 * patterns. That tree is far too large to be made, so its nodes are made when the input first leads to them. A state stands
 * for the longest end of what was read that begins a spelling.
 */
export class Automaton {
  readonly #patterns: readonly Pattern[];
  /** Columns of the table: bytes that no spelling has share the first. */
  readonly #columns = new Uint8Array(256);
  readonly #columnBytes: number[] = [0];
  readonly #roots = new Map<number, Thread[]>();
  readonly #width: number;
  /** Where a column leads from a state: the next state, or its complement where a match ends, or `UNKNOWN`. */
  #table = new Int32Array(FIRST_CELLS);
  #mostCells = MOST_CELLS;
  // By a state's number, which is its first cell divided by the width.
  #threads: (readonly Thread[])[] = [];
  #depths: number[] = [];
  #failures: number[] = [];
  #matches: (Match | undefined)[] = [];

  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns;
    for (const [number, pattern] of patterns.entries()) {
      for (const start of pattern.starts()) {
        pattern.arcs(start, (byte, to) => {
          const known = this.#roots.get(byte);
          if (known) known.push(number * PLACES + to);
          else this.#roots.set(byte, [number * PLACES + to]);
        });
      }
    }
    for (const byte of bytesOf(patterns)) {
      this.#columns[byte] = this.#columnBytes.length;
      this.#columnBytes.push(byte);
    }
    this.#width = this.#columnBytes.length;
    this.#forget();
  }

  /** Bytes of the longest end of what was read that may begin a spelling. */
  depth(state: number): number {
    return this.#depths[state / this.#width] ?? 0;
  }

  /** The longest match that ends at a state. */
  match(state: number): Match | undefined {
    return this.#matches[state / this.#width];
  }

  /**
   * Reads bytes from a state (0: nothing was read) up to `to`, or to behind the next byte with which a match ends.
   * @returns the state then; complemented (below 0) where a match ends
   */
  read(state: number, bytes: Uint8Array, from: number, to: number, position: { at: number }): number {
    const columns = this.#columns;
    let table = this.#table;
    let at = from;
    let now = state;
    while (at < to) {
      let next = table[now + (columns[bytes[at] as number] as number)] as number;
      if (next < 0) {
        if (next === UNKNOWN) {
          now = this.#roomFor(now, bytes, at);
          next = this.#next(now, columns[bytes[at] as number] as number);
          table = this.#table;
        }
        if (next < 0) {
          position.at = at + 1;
          return next;
        }
      }
      now = next;
      at += 1;
    }
    position.at = at;
    return now;
  }

  /** Forgets all states when there are too many, and finds the one that it stands for again. */
  #roomFor(state: number, bytes: Uint8Array, at: number): number {
    if (this.#threads.length * this.#width < this.#mostCells) return state;
    const depth = this.depth(state);
    this.#forget();
    let now = 0;
    for (let index = at - depth; index < at; index++) {
      const column = this.#columns[bytes[index] ?? 0] ?? 0;
      const next = this.#table[now + column] ?? UNKNOWN;
      now = stateIn(next === UNKNOWN ? this.#next(now, column) : next);
    }
    // What stands for the bytes at hand may fill the table by itself.
    this.#mostCells = Math.max(MOST_CELLS, 2 * this.#threads.length * this.#width);
    return now;
  }

  #forget(): void {
    this.#table = new Int32Array(FIRST_CELLS).fill(UNKNOWN);
    this.#threads = [];
    this.#depths = [];
    this.#failures = [];
    this.#matches = [];
    this.#add([], 0, 0, undefined);
    // A byte that begins no spelling leads nowhere.
    for (const [column, byte] of this.#columnBytes.entries()) {
      if (column === 0 || !this.#roots.has(byte)) this.#table[column] = 0;
    }
  }

  /** Where a column leads, which is then in the table. */
  #next(state: number, column: number): number {
    // Along the failures to one that knows, then back: by recursion it could be as deep as a secret is long.
    const path: number[] = [];
    let at = state;
    while ((this.#table[at + column] ?? UNKNOWN) === UNKNOWN) {
      path.push(at);
      if (at === 0) break;
      at = this.#failures[at / this.#width] ?? 0;
    }
    let found = at === 0 && path.at(-1) === 0 ? 0 : (this.#table[at + column] ?? 0);
    for (const from of path.toReversed()) {
      found = this.#step(from, column, found);
      this.#table[from + column] = found;
    }
    return found;
  }

  /** @param otherwise where the column leads from the state's failure */
  #step(from: number, column: number, otherwise: number): number {
    if (column === 0) return 0;
    const byte = this.#columnBytes[column] ?? 0;
    const threads = from === 0 ? (this.#roots.get(byte) ?? []) : this.#advance(from, byte);
    if (threads.length === 0) return otherwise;
    const bytes = (this.#depths[from / this.#width] ?? 0) + 1;
    const failure = from === 0 ? 0 : stateIn(otherwise);
    const whole = this.#whole(threads);
    const match = whole === undefined ? this.match(failure) : { bytes, pattern: whole };
    // What cannot go on holds nothing back.
    const depth = this.#goesOn(threads) ? bytes : this.depth(failure);
    const state = this.#add(threads, depth, failure, match);
    return match === undefined ? state : ~state;
  }

  #advance(from: number, byte: number): Thread[] {
    const next = new Set<Thread>();
    for (const thread of this.#threads[from / this.#width] ?? []) {
      const number = Math.floor(thread / PLACES);
      this.#patterns[number]?.arcs(thread % PLACES, (wanted: number, to: Place) => {
        if (wanted === byte) next.add(number * PLACES + to);
      });
    }
    return [...next];
  }

  #goesOn(threads: readonly Thread[]): boolean {
    let found = false;
    for (const thread of threads) {
      this.#patterns[Math.floor(thread / PLACES)]?.arcs(thread % PLACES, () => (found = true));
      if (found) return true;
    }
    return false;
  }

  /** The first pattern of which a spelling is whole. */
  #whole(threads: readonly Thread[]): number | undefined {
    let first: number | undefined;
    for (const thread of threads) {
      const number = Math.floor(thread / PLACES);
      if (
        (first === undefined || number < first) &&
        this.#patterns[number]?.accepts(thread % PLACES) === true
      )
        first = number;
    }
    return first;
  }

  #add(threads: readonly Thread[], depth: number, failure: number, match: Match | undefined): number {
    const state = this.#threads.length * this.#width;
    this.#threads.push(threads);
    this.#depths.push(depth);
    this.#failures.push(failure);
    this.#matches.push(match);
    if (state + this.#width > this.#table.length) {
      const larger = new Int32Array(Math.max(2 * this.#table.length, state + this.#width)).fill(UNKNOWN);
      larger.set(this.#table);
      this.#table = larger;
    }
    this.#table[state] = 0;
    return state;
  }
}

/** The state that a cell leads to. */
function stateIn(cell: number): number {
  return cell < 0 ? ~cell : cell;
}

/** Bytes that some spelling has anywhere. */
function bytesOf(patterns: readonly Pattern[]): Set<number> {
  const bytes = new Set(COMMON_BYTES);
  for (const pattern of patterns) for (const byte of pattern.bytes()) bytes.add(byte);
  return bytes;
}

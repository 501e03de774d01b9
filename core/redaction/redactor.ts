import { Automaton } from './automaton.ts';
import { Cuts } from './cuts.ts';
import { Openings } from './openings.ts';
import { type Secret, sought } from './sought.ts';

/** What came of bytes that follow on what was let out before. */
export interface Passed {
  /** What may be let out. */
  readonly out: Buffer;
  /** Bytes that `out` stands for; the others must be given again, with what comes after them. */
  readonly used: number;
  /** Bytes after these that are part of what was cut out already; give it back with the next ones. */
  readonly cut: number;
}

/** A text as it comes, in chunks. */
export interface RedactedStream {
  /** @returns what may be let out by now. It may share memory with the chunk. */
  push(chunk: Uint8Array): Buffer;
  /** @returns the rest; nothing comes after it */
  end(): Buffer;
}

/**
 * Cuts secrets out of text and says whose they were: `[DATABASE_URL]`. See docs/security.md for what is found, and
 * docs/development/decisions/018-redaction.md for how.
 */
export class Redactor {
  readonly #names: readonly string[];
  readonly #automaton: Automaton | undefined;
  readonly #openings: Openings | undefined;

  constructor(secrets: readonly Secret[]) {
    const found = sought(secrets);
    this.#names = found.map(({ name }) => name);
    if (found.length === 0) return;
    const patterns = found.map(({ pattern }) => pattern);
    this.#automaton = new Automaton(patterns);
    this.#openings = new Openings(patterns);
  }

  text(text: string): string {
    if (this.#automaton === undefined) return text;
    const bytes = Buffer.from(text);
    const { out } = this.pass(bytes, 0, true);
    // Most have nothing in them.
    return out === bytes ? text : out.toString();
  }

  stream(): RedactedStream {
    let held: Buffer = Buffer.alloc(0);
    let cut = 0;
    const go = (chunk: Uint8Array, last: boolean): Buffer => {
      const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const bytes = held.length === 0 ? fresh : Buffer.concat([held, fresh]);
      const passed = this.pass(bytes, cut, last);
      // A copy, as the chunk belongs to whoever gave it.
      held = passed.used === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(passed.used));
      cut = passed.cut;
      return passed.out;
    };
    return { push: (chunk) => go(chunk, false), end: () => go(Buffer.alloc(0), true) };
  }

  /**
   * The same as a stream, for who keeps its state: bytes that were not used, and what of the next is cut already. Nothing
   * else carries over, so that a stream can go on where another process left it.
   * @param cut as the call before said; 0 at the beginning
   * @param last nothing comes after these bytes, so that all are used
   */
  pass(bytes: Buffer, cut: number, last: boolean): Passed {
    if (this.#automaton === undefined || this.#openings === undefined) {
      return { out: bytes, used: bytes.length, cut: 0 };
    }
    const cuts = new Cuts(cut);
    const held = this.#search(this.#automaton, this.#openings, bytes, cuts);
    const used = last ? bytes.length : bytes.length - held;
    return { out: cuts.applyTo(bytes, used), used, cut: cuts.over(used) };
  }

  /** @returns how many bytes at the end may begin a secret */
  #search(automaton: Automaton, openings: Openings, bytes: Buffer, cuts: Cuts): number {
    const { length } = bytes;
    const position = { at: 0 };
    let state = 0;
    while (position.at < length) {
      const { at } = position;
      const depth = automaton.depth(state);
      let until = Math.min(length, at + openings.stride);
      if (depth < openings.stride) {
        // What has begun before is no further than the filter can judge anew.
        const begin = openings.skip(bytes, at - depth);
        if (begin > at - depth) {
          state = 0;
          position.at = begin;
        }
        until = Math.min(length, begin + openings.stride);
      }
      while (position.at < until) {
        state = automaton.read(state, bytes, position.at, until, position);
        if (state >= 0) continue;
        state = ~state;
        const match = automaton.match(state);
        if (match) cuts.add(position.at, match.bytes, this.#names[match.pattern] ?? '');
      }
    }
    return automaton.depth(state);
  }
}

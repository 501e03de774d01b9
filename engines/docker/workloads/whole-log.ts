import type { StampedLine } from '../../logs/log-lines.ts';

/** Lines a second from which on the engine is known to lose its place. */
const FLOOD = 1_000;
/** Milliseconds between two lines of a flood that may be a hole. */
const HOLE_MS = 100;

/**
 * Milliseconds without a line, after a flood, for which the engine may well stand still and not the app. Each time that what
 * was begun anew brought no flood it is twice as long: the app may be quiet for good.
 */
const QUIET_MS = { first: 2_000, longest: 60_000 };

export interface LogSource {
  /** What the engine follows, from behind the line with this time on; absent: from where the reader wants it. */
  follow(after: string | undefined, signal: AbortSignal): AsyncIterable<StampedLine>;
  /** Everything from the line with this time on, that line included as long as the engine has it. */
  since(stamp: string): AsyncIterable<StampedLine>;
  /** Stands where lines are gone that the engine has no more, before `next`. */
  lost(next: StampedLine): StampedLine;
}

/**
 * What the engine follows, whole. Under a flood its follower (20.10) stands still when the log is rotated, some for ever; or
 * it goes on in a newer file as if nothing had been in between, or begins a file again. Where it stands still it is begun
 * anew, and what is begun may stand still as well; what it left out is read from the files that the engine still has; what
 * came twice is dropped.
 */
export async function* wholeLog(source: LogSource, quietMs = QUIET_MS): AsyncGenerator<StampedLine> {
  let last: StampedLine | undefined;
  /** Of each stream, as one may be a moment behind the other. */
  const newest = new Map<StampedLine['stream'], StampedLine>();
  /** Absent as long as there was no flood: then nobody asks twice. */
  let patienceMs: number | undefined;
  for (;;) {
    const stop = new AbortController();
    const lines = source.follow(last?.stamp, stop.signal)[Symbol.asyncIterator]();
    const flood = new Flood();
    if (patienceMs !== undefined) patienceMs = patienceMs < quietMs.longest ? patienceMs * 2 : undefined;
    let begun = last !== undefined;
    try {
      for (;;) {
        const coming = lines.next();
        if (flood.goesOn) patienceMs = quietMs.first;
        const next = patienceMs === undefined ? await coming : await orQuiet(coming, patienceMs);
        if (next === 'quiet') break;
        if (next.done === true) return;
        const line = next.value;
        const before = newest.get(line.stream);
        if (flood.goesOn && before !== undefined && cameBefore(line, before)) continue;
        newest.set(line.stream, line);
        if (last !== undefined && (begun || flood.goesOn) && line.at - last.at > HOLE_MS) {
          yield* between(source.since(last.stamp), last, line, (after) => source.lost(after));
        }
        begun = false;
        flood.add(line.at);
        if (last === undefined || line.stamp > last.stamp) last = line;
        yield line;
      }
    } finally {
      stop.abort();
      // It may wait for a line that never comes.
      void lines.return?.(undefined).catch(() => undefined);
    }
  }
}

function cameBefore(line: StampedLine, newest: StampedLine): boolean {
  return line.stamp < newest.stamp || (line.stamp === newest.stamp && line.text === newest.text);
}

async function orQuiet<T>(coming: Promise<T>, ms: number): Promise<T | 'quiet'> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve('quiet'), ms);
    coming.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function* between(
  lines: AsyncIterable<StampedLine>,
  last: StampedLine,
  next: StampedLine,
  lost: (next: StampedLine) => StampedLine,
): AsyncGenerator<StampedLine> {
  let whole = false;
  for await (const line of lines) {
    if (line.stamp <= last.stamp) {
      whole = true;
      continue;
    }
    if (!whole) yield lost(line);
    whole = true;
    if (line.stamp >= next.stamp) return;
    yield line;
  }
  if (!whole) yield lost(next);
}

/** Whether very many lines came within about a second. */
class Flood {
  #from = 0;
  #count = 0;
  #before = 0;

  get goesOn(): boolean {
    return this.#count + this.#before > FLOOD;
  }

  add(at: number): void {
    if (at - this.#from > 1_000) {
      this.#before = at - this.#from > 2_000 ? 0 : this.#count;
      this.#from = at;
      this.#count = 0;
    }
    this.#count += 1;
  }
}

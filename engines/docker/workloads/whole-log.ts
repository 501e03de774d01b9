import type { StampedLine } from './log-lines.ts';

/** Lines a second from which on the engine is known to lose its place. */
const FLOOD = 1_000;
/** Milliseconds between two lines of a flood that may be a hole. */
const HOLE_MS = 100;

/**
 * What the engine follows, whole. Under a flood its follower (20.10) stands still when the log is rotated, then goes on in a
 * newer file as if nothing had been in between, or begins a file again. What it left out is read from the files that it
 * still has; what came twice is dropped.
 * @param since everything from the line with this time on, that line included as long as the engine has it
 * @param lost stands where lines are gone that the engine has no more, before `next`
 */
export async function* wholeLog(
  followed: AsyncIterable<StampedLine>,
  since: (stamp: string) => AsyncIterable<StampedLine>,
  lost: (next: StampedLine) => StampedLine,
): AsyncGenerator<StampedLine> {
  const flood = new Flood();
  let last: StampedLine | undefined;
  let again = false;
  for await (const line of followed) {
    // Of stdout and stderr one may be a moment behind the other.
    again = last !== undefined && line.stamp <= last.stamp && (again || last.at - line.at > HOLE_MS);
    if (again) continue;
    if (last !== undefined && flood.goesOn && line.at - last.at > HOLE_MS) {
      yield* between(since(last.stamp), last, line, lost);
    }
    flood.add(line.at);
    if (last === undefined || line.stamp > last.stamp) last = line;
    yield line;
  }
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

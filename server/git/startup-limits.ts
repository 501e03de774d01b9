/**
 * As OpenSSH's MaxStartups: from `begin` connections on that have not logged in a new one is dropped with the chance
 * `rate`, from `full` on always. More than sshd's 10:30:100, as there each of them is a process, and here one that waits
 * for its place costs a socket.
 */
const START_UPS = { begin: 500, rate: 0.3, full: 1_000 } as const;

/** Connections that log in at once, of all sources. */
const PLACES = 100;
/** Connections that log in at once, of one source. */
const PLACES_PER_SOURCE = 10;

/** Connections of one source that wait for a place: as many pushes at once as a team behind one address may start. */
const WAITING_PER_SOURCE = 250;

/**
 * The chance (0 to 1) that the next connection is dropped while `open` others have not logged in.
 * Grows in a straight line from `rate` at `begin` to 1 at `full`, as in sshd's should_drop_connection.
 */
export function dropChance(open: number): number {
  if (open < START_UPS.begin) return 0;
  if (open >= START_UPS.full) return 1;
  return (
    START_UPS.rate + ((1 - START_UPS.rate) * (open - START_UPS.begin)) / (START_UPS.full - START_UPS.begin)
  );
}

export type Entry = 'started' | 'waiting' | 'dropped';
/** Begins to serve a connection; `leave` gives its place back, once, when it has logged in or is closed. */
export type Start = (leave: () => void) => void;

interface Source {
  open: number;
  readonly waiting: Start[];
}

/**
 * Counts connections that have not logged in yet. Who finds no place waits, so that many pushes at once all succeed, a
 * few at a time, and sources take turns; only when too many wait are new ones dropped, as sshd does.
 */
export class StartupLimits {
  #open = 0;
  #waiting = 0;
  /** Only sources with something open or waiting. The one whose turn is next stands first. */
  readonly #sources = new Map<string, Source>();
  readonly #random: () => number;

  /** @param random a number from 0 up to, but not including, 1 */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Starts a connection now, or later, or never. */
  enter(name: string, start: Start): Entry {
    const source = this.#sources.get(name) ?? { open: 0, waiting: [] };
    if (this.#random() < dropChance(this.#open + this.#waiting)) return 'dropped';
    if (this.#open < PLACES && source.open < PLACES_PER_SOURCE) {
      this.#start(name, source, start);
      return 'started';
    }
    if (source.waiting.length >= WAITING_PER_SOURCE) return 'dropped';
    source.waiting.push(start);
    this.#waiting += 1;
    this.#sources.set(name, source);
    return 'waiting';
  }

  #leave(name: string, source: Source): void {
    source.open -= 1;
    this.#open -= 1;
    if (source.open === 0 && source.waiting.length === 0) this.#sources.delete(name);
    for (const [next, from] of this.#sources) {
      const start = from.open < PLACES_PER_SOURCE ? from.waiting.shift() : undefined;
      if (start === undefined) continue;
      this.#waiting -= 1;
      this.#start(next, from, start);
      return;
    }
  }

  #start(name: string, source: Source, start: Start): void {
    source.open += 1;
    this.#open += 1;
    // The one that has just had its turn goes to the end of the line.
    this.#sources.delete(name);
    this.#sources.set(name, source);
    let held = true;
    start(() => {
      if (!held) return;
      held = false;
      this.#leave(name, source);
    });
  }
}

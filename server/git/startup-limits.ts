/** OpenSSH's MaxStartups 10:30:100: from 10 unauthenticated connections on 30 % are dropped, from 100 on all. */
export const START_UPS = { begin: 10, rate: 0.3, full: 100 } as const;

/** Unauthenticated connections that one source may hold at once. */
export const START_UPS_PER_SOURCE = 10;

/**
 * The chance (0 to 1) that the next connection is dropped while `open` others are unauthenticated.
 * Grows in a straight line from `rate` at `begin` to 1 at `full`, as in sshd's should_drop_connection.
 */
export function dropChance(open: number): number {
  if (open < START_UPS.begin) return 0;
  if (open >= START_UPS.full) return 1;
  return (
    START_UPS.rate + ((1 - START_UPS.rate) * (open - START_UPS.begin)) / (START_UPS.full - START_UPS.begin)
  );
}

/** Connections of one source that wait for a place; they cost a socket and nothing else. */
export const WAITING_PER_SOURCE = 100;

export type Entry = 'started' | 'waiting' | 'dropped';
/** Begins to serve a connection; `leave` gives its place back, once, when it has logged in or is closed. */
export type Start = (leave: () => void) => void;

/**
 * Counts connections that have not logged in yet. A source that has its share of them waits, so that many pushes
 * at once from one address all succeed, a few at a time; beyond that, new ones are dropped as sshd does.
 */
export class StartupLimits {
  #open = 0;
  readonly #bySource = new Map<string, { open: number; readonly waiting: Start[] }>();
  readonly #random: () => number;

  /** @param random a number from 0 up to, but not including, 1 */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Starts a connection now, or later, or never. */
  enter(source: string, start: Start): Entry {
    const from = this.#bySource.get(source) ?? { open: 0, waiting: [] };
    if (from.open >= START_UPS_PER_SOURCE) {
      if (from.waiting.length >= WAITING_PER_SOURCE) return 'dropped';
      from.waiting.push(start);
      return 'waiting';
    }
    if (this.#random() < dropChance(this.#open)) return 'dropped';
    this.#bySource.set(source, from);
    this.#start(source, from, start);
    return 'started';
  }

  #leave(source: string): void {
    const from = this.#bySource.get(source);
    if (from === undefined) return;
    from.open -= 1;
    this.#open -= 1;
    // The place is the one that was just given back: no chance is taken again.
    const next = from.waiting.shift();
    if (next !== undefined) this.#start(source, from, next);
    else if (from.open === 0) this.#bySource.delete(source);
  }

  #start(source: string, from: { open: number }, start: Start): void {
    from.open += 1;
    this.#open += 1;
    let held = true;
    start(() => {
      if (!held) return;
      held = false;
      this.#leave(source);
    });
  }
}

import { setTimeout as delay } from 'node:timers/promises';

/** How long a lost connection is tried again: waits in milliseconds, the last one repeated until `total`. */
export interface Patience {
  readonly waits: readonly number[];
  readonly total: number;
}

export const PATIENCE: Patience = { waits: [200, 500, 1_000, 2_000, 5_000], total: 120_000 };

/** Counts the waits since something last went well. */
export class Retries {
  readonly #patience: Patience;
  #count = 0;
  #waited = 0;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  wentWell(): void {
    this.#count = 0;
    this.#waited = 0;
  }

  /** Waits before the next try. @returns false, at once, when patience has ended */
  async wait(): Promise<boolean> {
    const { waits, total } = this.#patience;
    const next = waits[Math.min(this.#count, waits.length - 1)] ?? 0;
    if (this.#waited + next > total) return false;
    this.#count += 1;
    this.#waited += next;
    await delay(next);
    return true;
  }
}

/** Requests that were broken off: within their answer or without any, and before its head with a page of HAProxy's. */
export interface Broken {
  readonly cut: number;
  readonly heads: number;
}

export const NONE_BROKEN: Broken = { cut: 0, heads: 0 };

/**
 * What was broken off in one slot a moment ago. A replica that a cluster takes away is gone before the news of it comes, so
 * for a while nobody can say whether it was the release's own fault.
 */
export class HeldBack {
  readonly #hold: number;
  #waiting: { readonly at: number; readonly broken: Broken }[] = [];

  /** @param hold milliseconds */
  constructor(hold: number) {
    this.#hold = hold;
  }

  /**
   * @param broken since the last time
   * @param at milliseconds of a monotonic clock
   * @returns what has waited long enough
   */
  pass(broken: Broken, at: number): Broken {
    if (broken.cut + broken.heads > 0) this.#waiting.push({ at, broken });
    const due = this.#waiting.filter((one) => at - one.at >= this.#hold);
    if (due.length > 0) this.#waiting = this.#waiting.slice(due.length);
    return sum(due);
  }

  /** All that waits, which then waits no more. */
  take(): Broken {
    return sum(this.#waiting.splice(0));
  }
}

function sum(all: readonly { readonly broken: Broken }[]): Broken {
  return {
    cut: all.reduce((count, { broken }) => count + broken.cut, 0),
    heads: all.reduce((count, { broken }) => count + broken.heads, 0),
  };
}

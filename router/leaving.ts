import type { Broken } from './held-back.ts';

/**
 * Replicas of one slot that take no new requests, and how many requests were open on each when that began. HAProxy does not
 * tell which replica broke a request off, so as many as were open may have gone with them.
 */
export class Leaving {
  /** server → requests that may still be broken off. */
  readonly #open = new Map<string, number>();
  /** Servers that are gone since the last look: what they broke off is counted by the next. */
  readonly #gone = new Set<string>();

  get isOver(): boolean {
    return this.#open.size === 0;
  }

  add(server: string, requests: number): void {
    this.#gone.delete(server);
    this.#open.set(server, requests);
  }

  /** @returns those of these that may have gone with replicas that leave */
  take({ cut, heads }: Broken): Broken {
    return { cut: this.#take(cut), heads: this.#take(heads) };
  }

  #take(broken: number): number {
    let taken = 0;
    for (const [server, open] of this.#open) {
      const part = Math.min(open, broken - taken);
      this.#open.set(server, open - part);
      taken += part;
    }
    return taken;
  }

  /** Forgets servers that were gone before, and notes those that are gone now. */
  keep(isLeaving: (server: string) => boolean): void {
    for (const server of this.#open.keys()) {
      if (isLeaving(server)) this.#gone.delete(server);
      else if (this.#gone.delete(server)) this.#open.delete(server);
      else this.#gone.add(server);
    }
  }
}

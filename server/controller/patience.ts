/** For how long things have been waited for, by the monotonic clock: a clock jump ends no rollout. */
export class Patience {
  readonly #since = new Map<string, number>();

  /** Starts to count at the first call for a name. @returns whether it has been waited for longer than `ms` */
  isOver(name: string, ms: number): boolean {
    const now = performance.now();
    const since = this.#since.get(name) ?? now;
    this.#since.set(name, since);
    return now - since >= ms;
  }

  /** It came, or whoever would have told us was away: the next wait counts from its own start. */
  forget(name: string): void {
    this.#since.delete(name);
  }
}

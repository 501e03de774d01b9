import type { BuildQueue } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';

/**
 * Puts builds that may run now into the queue. The journal decides the order: of an app's open builds only the newest
 * is left (older ones were superseded), and only one that no attempt holds is queued.
 */
export class Dispatcher {
  readonly #store: Store;
  readonly #queue: BuildQueue;
  #round = 0;

  constructor(store: Store, queue: BuildQueue) {
    this.#store = store;
    this.#queue = queue;
  }

  async dispatch(appId: string): Promise<void> {
    const build = this.#store.builds.open(appId).at(-1);
    if (!build || this.#store.builds.attempt(build.id, build.attempt)) return;
    await this.#queue.add({ buildId: build.id, attempt: build.attempt }, this.#roundName());
  }

  /** Everything that waits, again; with `newRound` also what an earlier message may have lost. */
  async refill(newRound: boolean): Promise<void> {
    if (newRound) this.#round++;
    const apps = new Set(this.#store.builds.open().map((build) => build.app_id));
    for (const appId of apps) await this.dispatch(appId);
  }

  #roundName(): string {
    return `${this.#store.generation}.${this.#round}`;
  }
}

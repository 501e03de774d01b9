import type { BuildQueue } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import type { Attempts } from './attempts.ts';

/**
 * Puts builds that may run now into the queue. The journal decides the order: of an app's open builds only the newest
 * is left (older ones were superseded), and only one that no builder works on is queued.
 */
export class Dispatcher {
  readonly #store: Store;
  readonly #queue: BuildQueue;
  readonly #attempts: Attempts;
  #round = 0;

  constructor(store: Store, queue: BuildQueue, attempts: Attempts) {
    this.#store = store;
    this.#queue = queue;
    this.#attempts = attempts;
  }

  async dispatch(appId: string): Promise<void> {
    const build = this.#store.builds.open(appId).at(-1);
    if (!build) return;
    const { id: buildId, attempt } = build;
    const begun = this.#store.builds.attempt(buildId, attempt) !== undefined;
    if (begun && !this.#attempts.isAbandoned(buildId, attempt)) return;
    const again = begun ? `.${this.#attempts.claims(buildId, attempt)}` : '';
    await this.#queue.add({ buildId, attempt }, `${this.#roundName()}${again}`);
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

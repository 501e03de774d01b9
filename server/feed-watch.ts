import type { Store } from './store/store.ts';

interface Waiting {
  readonly seq: number;
  readonly wake: () => void;
}

/** Wakes those who follow the feed, when there is more of it. However many they are, the journal is asked once. */
export class FeedWatch {
  readonly #waiting = new Set<Waiting>();
  readonly #store: Pick<Store, 'feed'>;

  constructor(store: Pick<Store, 'feed' | 'db'>) {
    this.#store = store;
    store.db.onCommit(() => this.#look());
  }

  /** Resolves when there is something after `seq`, or at the latest when a signal aborts or `ms` are over. */
  async after(seq: number, ms: number, signals: readonly AbortSignal[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = { seq, wake: resolve };
    const timer = setTimeout(resolve, ms).unref();
    const any = AbortSignal.any([...signals]);
    any.addEventListener('abort', () => resolve(), { once: true });
    this.#waiting.add(waiting);
    if (any.aborted || this.#store.feed.newest() > seq) resolve();
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(waiting);
  }

  #look(): void {
    if (this.#waiting.size === 0) return;
    const newest = this.#store.feed.newest();
    for (const one of this.#waiting) if (newest > one.seq) one.wake();
  }
}

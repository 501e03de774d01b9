import { EventEmitter } from 'node:events';

/** Tells those who wait that something about an app changed in the journal; they look for themselves what. */
export class Changes {
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  readonly #everywhere = new Set<(appId: string) => void>();

  notify(appId: string): void {
    this.#emitter.emit(appId);
    for (const listener of this.#everywhere) listener(appId);
  }

  /** Hears of all apps. */
  onAny(listener: (appId: string) => void): () => void {
    this.#everywhere.add(listener);
    return () => this.#everywhere.delete(listener);
  }

  on(appId: string, listener: () => void): () => void {
    this.#emitter.on(appId, listener);
    return () => this.#emitter.off(appId, listener);
  }

  /** Resolves once `holds()` is true, looking now and after each change; `signal` gives up. */
  async until(appId: string, holds: () => boolean, signal?: AbortSignal): Promise<void> {
    if (holds() || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        off();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const off = this.on(appId, () => holds() && done());
      signal?.addEventListener('abort', done);
    });
  }
}

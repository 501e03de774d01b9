import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';

/** A client that does not take the last bytes must not keep the server from stopping. */
const PATIENCE_MS = 500;

/** Answers that go on until somebody ends them. */
export class OpenStreams {
  readonly #open = new Set<ServerResponse>();
  readonly #stop = new AbortController();
  #empty = Promise.withResolvers<void>();

  /** Aborted when the server stops. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** @returns says that the answer has ended */
  add(response: ServerResponse): () => void {
    this.#open.add(response);
    return () => {
      this.#open.delete(response);
      if (!this.#hasEvents()) this.#empty.resolve();
    };
  }

  /** Only events end by themselves when they are told to; other streams are cut, so that nobody takes them for whole. */
  async end(): Promise<void> {
    this.#empty = Promise.withResolvers();
    this.#stop.abort();
    if (this.#hasEvents())
      await Promise.race([this.#empty.promise, sleep(PATIENCE_MS, undefined, { ref: false })]);
  }

  #hasEvents(): boolean {
    return [...this.#open].some((one) =>
      String(one.getHeader('content-type')).startsWith('text/event-stream'),
    );
  }
}

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** Proxies and clients give up a connection on which nothing comes; 15 s is what the HTML standard advises. */
const BEAT_MS = 15_000;

/** Server-sent events on an answer (WHATWG HTML, 9.2), no faster than the client takes them. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #gone: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  /** What a client that loses its connection now goes on after. */
  lastId: string | undefined;

  /** @param from what the client goes on after if it loses its connection before anything came */
  constructor(response: ServerResponse, gone: AbortSignal, from?: string, beatMs = BEAT_MS) {
    this.lastId = from;
    this.#response = response;
    this.#gone = gone;
    this.#timer = setInterval(() => this.#beat(), beatMs).unref();
    response.once('close', () => clearInterval(this.#timer));
    this.#beat();
  }

  /** Resolves when the client has room for more. @throws AbortError when it has left */
  async send(id: string, event: string, data: unknown): Promise<void> {
    this.lastId = id;
    const room = this.#response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (!room) await once(this.#response, 'drain', { signal: this.#gone });
  }

  end(): void {
    clearInterval(this.#timer);
    this.#response.end();
  }

  /** To a client that is behind already it would only be more to wait for. An id without data is remembered, not shown. */
  #beat(): void {
    if (this.#response.writableNeedDrain || this.#response.writableEnded) return;
    this.#response.write(this.lastId === undefined ? ':\n\n' : `:\nid: ${this.lastId}\n\n`);
  }
}

import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { ServerChannel } from 'ssh2';
import { forgetHeldWrites } from './ssh2-internals.ts';

/** The client has gone, or closed this channel. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/**
 * Writes to one SSH channel, one buffer after the other, each only once the one before fits the client's window
 * and the socket's buffer. ssh2 alone heeds neither the socket nor a channel that closes in the middle.
 */
export class ChannelOutput {
  readonly #channel: ServerChannel;
  readonly #socket: Socket;
  readonly #gone: AbortSignal;
  #last: Promise<void> = Promise.resolve();

  /** @param gone aborts when the client or its channel is gone */
  constructor(channel: ServerChannel, socket: Socket, gone: AbortSignal) {
    this.#channel = channel;
    this.#socket = socket;
    this.#gone = gone;
  }

  /** Resolves once the bytes are on their way: await it, it is the back pressure. @throws ClientGone */
  write(bytes: Uint8Array): Promise<void> {
    return this.#queue(bytes, (chunk, done) => this.#channel.write(chunk, done));
  }

  /** For people, beside the data. @throws ClientGone */
  writeError(text: string): Promise<void> {
    return this.#queue(Buffer.from(text), (chunk, done) => this.#channel.stderr.write(chunk, done));
  }

  /** Sends the exit status and closes, after all that was written. */
  async exit(code: number): Promise<void> {
    await this.#last;
    if (this.#gone.aborted) return;
    this.#channel.exit(code);
    this.#channel.end();
  }

  #queue(bytes: Uint8Array, write: (chunk: Uint8Array, done: () => void) => void): Promise<void> {
    const written = this.#last.then(() => this.#send(bytes, write));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #send(bytes: Uint8Array, write: (chunk: Uint8Array, done: () => void) => void): Promise<void> {
    if (bytes.length === 0) return;
    if (this.#gone.aborted) throw new ClientGone();
    if (this.#socket.writableNeedDrain)
      await this.#orGone((signal) => once(this.#socket, 'drain', { signal }));
    await this.#orGone(() => new Promise<void>((resolve) => write(bytes, resolve)));
    forgetHeldWrites(this.#channel);
  }

  async #orGone(work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const gone = this.#gone;
    let leave: () => void = () => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(new ClientGone());
      gone.addEventListener('abort', leave, { once: true });
    });
    const working = work(gone);
    working.catch(() => undefined);
    try {
      await Promise.race([working, left]);
    } catch (error) {
      throw gone.aborted ? new ClientGone() : error;
    } finally {
      gone.removeEventListener('abort', leave);
    }
  }
}

import { Duplex } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import type { ChannelOutput } from './channel-output.ts';

/** An SSH channel as the stream that an HTTP server expects: closes, errors and back pressure as node has them. */
export class ChannelSocket extends Duplex {
  readonly #channel: ServerChannel;
  readonly #output: ChannelOutput;

  constructor(channel: ServerChannel, output: ChannelOutput, gone: AbortSignal) {
    super({ highWaterMark: 64 * 1024, allowHalfOpen: true });
    this.#channel = channel;
    this.#output = output;
    channel.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) channel.pause();
    });
    channel.once('end', () => this.push(null));
    gone.addEventListener('abort', () => this.destroy(), { once: true });
    this.on('error', () => undefined);
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    void this.#pass(chunk, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // What the client still sends is dropped, so that the channel can close.
    this.#channel.removeAllListeners('data');
    this.#channel.resume();
    done(error);
  }

  async #pass(chunk: Buffer, done: (error?: Error | null) => void): Promise<void> {
    try {
      await this.#output.write(chunk);
    } catch (error) {
      done(error instanceof Error ? error : new Error('the channel failed', { cause: error }));
      return;
    }
    done();
  }
}

import type { ChannelOutput } from './channel-output.ts';
import { progressFrames } from './sideband.ts';

const NEWLINE = 0x0a;

/** What the pusher sees as `remote: …` while git runs. */
export class PusherConsole {
  readonly #output: ChannelOutput;
  #sideband = false;
  #midLine = false;

  constructor(output: ChannelOutput) {
    this.#output = output;
  }

  /** The client demultiplexes side-band-64k from now on. Without it only lines for people are sent, as stderr. */
  useSideband(): void {
    this.#sideband = true;
  }

  /** Bytes of a log as they are. Await it: it is the back pressure. @throws ClientGone */
  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#sideband || bytes.length === 0) return;
    this.#midLine = bytes.at(-1) !== NEWLINE;
    await this.#output.write(progressFrames(bytes));
  }

  /** Whole lines of our own, after the end of whatever line is open. @throws ClientGone */
  async lines(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const text = `${this.#midLine ? '\n' : ''}${lines.join('\n')}\n`;
    this.#midLine = false;
    await (this.#sideband
      ? this.#output.write(progressFrames(Buffer.from(text)))
      : this.#output.writeError(text));
  }
}

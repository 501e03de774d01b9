import type { Output } from './output.ts';

/** An escape sequence that has begun and not ended. */
const OPEN_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b]*\u001b?|[ -/]*)$/;
/** How much is held back for one, in characters; what is longer is cut as it is. */
const LONGEST_SEQUENCE = 256;

/**
 * A log on its way to stdout in pieces of any size: as it came into a pipe, without escape sequences but colours on a
 * terminal, and with --json a line each as `{"line": …}`.
 */
export class LogText {
  readonly #out: Output;
  #held = '';

  constructor(out: Output) {
    this.#out = out;
  }

  async write(piece: string): Promise<void> {
    const text = this.#held + piece;
    const cut = this.#out.json ? text.lastIndexOf('\n') + 1 : beforeOpenSequence(text);
    this.#held = text.slice(cut);
    await this.#print(text.slice(0, cut));
  }

  async end(piece: string): Promise<void> {
    const text = this.#held + piece;
    this.#held = '';
    await this.#print(text);
  }

  async #print(text: string): Promise<void> {
    if (text === '') return;
    if (!this.#out.json) return this.#out.bytes(text);
    for (const line of text.replace(/\n$/, '').split('\n')) await this.#out.record({ line });
  }
}

/** Where a sequence begins that has not ended yet; the text's end when there is none. */
function beforeOpenSequence(text: string): number {
  const tail = text.slice(-LONGEST_SEQUENCE);
  const at = tail.search(OPEN_SEQUENCE);
  return at === -1 ? text.length : text.length - tail.length + at;
}

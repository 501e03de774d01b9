import type { Terminal } from '../terminal.ts';
import { cell } from './clean.ts';

/** What is over sooner needs no word, in milliseconds; nor does a line that was just written. */
const QUIET_MS = 500;
const FRAME_MS = 100;
/** From then on it is said for how long, in seconds. */
const LONG_S = 3;

const CLEAR = '\r\u001b[K';
const CYAN = '\u001b[36m';
const PLAIN = '\u001b[0m';

/**
 * One line at the bottom of a person's terminal that says what is waited for; gone before anything else is written.
 * The cursor is never hidden, so that no end of the process, however sudden, can leave a terminal without one.
 */
export class WaitingLine {
  readonly #terminal: Terminal;
  readonly #frames: readonly string[];
  /** The first, which knows best what it is all for, is shown. */
  readonly #waits: { readonly text: () => string; readonly since: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #quietSince = 0;
  #frame = 0;
  #shown = false;
  #midLine = false;
  #endings: (() => void) | undefined;

  constructor(terminal: Terminal, frames: readonly string[]) {
    this.#terminal = terminal;
    this.#frames = frames;
  }

  /** @returns what takes it off again */
  begin(text: string | (() => string)): () => void {
    const wait = { text: typeof text === 'string' ? () => text : text, since: performance.now() };
    this.#waits.push(wait);
    this.#quietSince = Math.max(this.#quietSince, wait.since);
    this.#timer ??= setInterval(() => this.#draw(), FRAME_MS).unref();
    return () => {
      this.#waits.splice(this.#waits.indexOf(wait), 1);
      if (this.#waits.length === 0) this.#stop();
    };
  }

  /** Makes room for what is written next. */
  giveWay(written: string | Uint8Array): void {
    this.#clear();
    if (written.length === 0) return;
    this.#midLine = written.at(-1) !== '\n' && written.at(-1) !== 0x0a;
    this.#quietSince = performance.now();
  }

  #draw(): void {
    const wait = this.#waits[0];
    const now = performance.now();
    // A log whose last line has not ended yet would lose it.
    if (wait === undefined || this.#midLine || now - this.#quietSince < QUIET_MS) return;
    this.#endings ??= this.#terminal.onEnd(() => this.#stop());
    this.#shown = true;
    this.#frame = (this.#frame + 1) % this.#frames.length;
    const seconds = Math.floor((now - wait.since) / 1_000);
    const text = cell(seconds < LONG_S ? wait.text() : `${wait.text()} (${seconds} s)`);
    const frame = this.#frames[this.#frame] ?? '';
    // A line that the terminal wraps could not be taken back.
    const fitting = text.slice(0, Math.max(this.#terminal.size().columns - 8, 0));
    const mark = this.#terminal.colour ? `${CYAN}${frame}${PLAIN}` : frame;
    this.#terminal.stderr.write(`${CLEAR}     ${mark} ${fitting}`);
  }

  #clear(): void {
    if (this.#shown) this.#terminal.stderr.write(CLEAR);
    this.#shown = false;
  }

  #stop(): void {
    this.#clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#endings?.();
    this.#endings = undefined;
  }
}

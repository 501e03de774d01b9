/** What the runner itself has put into an attempt's log; kept at the Job, so that another runner goes on at the right byte. */
export interface OwnLines {
  /** Bytes of the attempt's log before the Job was made. */
  readonly before: number;
  readonly lines: readonly OwnLine[];
}

interface OwnLine {
  /** Said once. */
  readonly key: string;
  /** Bytes of the Job's own log that come before it. */
  readonly at: number;
  readonly text: string;
  /** Bytes of the Job's own log in place of which it stands. */
  readonly instead: number;
}

const MISSING = '[some output is missing here: the cluster has not kept it]\n';

/**
 * The log of an attempt: what the Job writes, with what the runner says between. Told from its start, it skips what the
 * server has.
 */
export class MergedLog {
  private own: OwnLines;
  private readonly had: number;
  private readonly write: (bytes: Buffer) => Promise<void>;
  private readonly save: (own: OwnLines) => Promise<void>;
  /** Bytes of the Job's own log that are behind. */
  private told = 0;
  /** Bytes of the attempt's log that are behind. */
  private position: number;
  private passed = 0;

  /**
   * @param had bytes of the attempt's log that the server has
   * @param save keeps own lines; awaited before they are written
   */
  constructor(
    own: OwnLines,
    had: number,
    write: (bytes: Buffer) => Promise<void>,
    save: (own: OwnLines) => Promise<void>,
  ) {
    this.own = own;
    this.had = had;
    this.write = write;
    this.save = save;
    this.position = Math.min(own.before, had);
  }

  /** What is told now the server has been told before. */
  get known(): boolean {
    return this.position < this.had;
  }

  /** @param at bytes of the Job's own log before this text */
  async add(at: number, text: string): Promise<void> {
    await this.reach(at);
    const bytes = Buffer.from(text);
    const rest = bytes.subarray(Math.min(bytes.length, this.told - at));
    await this.emit(rest);
    this.told += rest.length;
  }

  /** Says something of our own, once for each key. */
  async say(key: string, text: string, instead = 0): Promise<void> {
    await this.ownLinesHere();
    if (this.known || this.own.lines.some((line) => line.key === key)) return;
    const line = { key, at: this.told, text, instead };
    const own = { ...this.own, lines: this.own.lines.toSpliced(this.passed, 0, line) };
    await this.save(own);
    this.own = own;
    await this.ownLinesHere();
  }

  private async ownLinesHere(): Promise<void> {
    for (;;) {
      const line = this.own.lines[this.passed];
      if (line === undefined || line.at > this.told) return;
      this.passed += 1;
      await this.emit(Buffer.from(line.text));
      this.told += line.instead;
    }
  }

  /**
   * Goes on to a place in the Job's own log, over what the cluster has not kept.
   * @param at bytes of it that come before
   */
  async reach(at: number): Promise<void> {
    await this.ownLinesHere();
    while (this.told < at) {
      const until = Math.min(at, this.own.lines[this.passed]?.at ?? at);
      const known = Math.min(until - this.told, this.had - this.position);
      if (known > 0) {
        this.told += known;
        this.position += known;
      } else await this.say(`missing ${this.told}`, MISSING, until - this.told);
      await this.ownLinesHere();
    }
  }

  private async emit(bytes: Buffer): Promise<void> {
    const skip = Math.max(0, Math.min(bytes.length, this.had - this.position));
    this.position += bytes.length;
    if (skip < bytes.length) await this.write(bytes.subarray(skip));
  }
}

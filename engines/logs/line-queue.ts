import { PackedLines } from './packed-lines.ts';

export interface QueueLimits {
  /** Lines that wait as they are, for a reader who is only a moment behind. */
  readonly lines: number;
  /** Of each of those; longer ones wait as bytes. */
  readonly characters: number;
  /** Of those that wait behind them. */
  readonly bytes: number;
}

/**
 * Many writers, one reader that may be slow or stand still. Writers never wait: what is not read in time is lost in the
 * engine, whose log is a ring, and nobody could say how much that was. Here the oldest lines go, and are counted.
 */
export class LineQueue<T extends { readonly text: string; readonly notice?: boolean }> {
  private readonly limits: QueueLimits;
  private readonly leftOut: (count: number, last: T) => T;
  private soon: T[] = [];
  private readonly later: PackedLines<T>;
  private gone = 0;
  private lastGone: T | undefined;
  private noticeGone: T | undefined;
  private closed = false;
  private failure: Error | undefined;
  private wakeReader: () => void = () => undefined;

  /** @param leftOut what the reader gets where lines have gone: how many, and the last of them; notices are no lines */
  constructor(limits: QueueLimits, leftOut: (count: number, last: T) => T) {
    this.limits = limits;
    this.leftOut = leftOut;
    this.later = new PackedLines(limits.bytes, (item) => {
      for (const older of this.soon.splice(0)) this.count(older);
      this.count(item);
    });
  }

  /** @returns false once the reader is gone */
  push(item: T): boolean {
    if (this.closed) return false;
    const { lines, characters } = this.limits;
    const fits = this.soon.length < lines && item.text.length <= characters;
    if (fits && this.later.length === 0) this.soon.push(item);
    else this.later.push(item);
    this.wakeReader();
    return true;
  }

  /** Ends the reader once it has had what is queued; with an error it throws it then. */
  close(error?: unknown): void {
    this.closed = true;
    if (error !== undefined) this.failure ??= asError(error);
    this.wakeReader();
  }

  async *read(): AsyncGenerator<T> {
    for (;;) {
      for (let item = this.take(); item !== undefined; item = this.take()) yield item;
      if (this.closed) break;
      await new Promise<void>((resolve) => {
        this.wakeReader = resolve;
      });
    }
    if (this.failure !== undefined) throw this.failure;
  }

  private take(): T | undefined {
    if (this.lastGone === undefined) return this.soon.shift() ?? this.later.shift();
    const told = this.gone === 0 ? this.lastGone : this.leftOut(this.gone, this.lastGone);
    // What a notice says is not in the count, so one of them is kept, behind it.
    const notice = this.gone === 0 ? undefined : this.noticeGone;
    this.gone = 0;
    this.noticeGone = undefined;
    this.lastGone = notice;
    return told;
  }

  private count(gone: T): void {
    this.lastGone = gone;
    if (gone.notice === true) this.noticeGone = gone;
    else this.gone += 1;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

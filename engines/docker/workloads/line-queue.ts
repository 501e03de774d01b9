export interface QueueLimits {
  readonly lines: number;
  /** Of all lines together. */
  readonly characters: number;
  /** Lines that are kept once there were too many, until the reader has had them all. */
  readonly linesOfStalled: number;
}

const MOVED_AT_ONCE = 1_000;

/**
 * Many writers, one reader that may be slow or stand still. Writers never wait: what is not read in time is lost in the
 * engine, whose log is a ring, and nobody could say how much that was. Here the oldest lines go, and are counted. Of a reader
 * who stands still few are kept: what waits for long and goes unread has grown old by then for the collector of garbage,
 * and a flood of that costs far more memory than the lines in the queue.
 */
export class LineQueue<T extends { readonly text: string; readonly notice?: boolean }> {
  private readonly limits: QueueLimits;
  private readonly leftOut: (count: number, last: T) => T;
  private items: T[] = [];
  /** Of `items`, those before this one have gone. */
  private first = 0;
  private characters = 0;
  private gone = 0;
  private lastGone: T | undefined;
  private noticeGone: T | undefined;
  private stalled = false;
  private closed = false;
  private failure: Error | undefined;
  private wakeReader: () => void = () => undefined;

  /** @param leftOut what the reader gets where lines have gone: how many, and the last of them; notices are no lines */
  constructor(limits: QueueLimits, leftOut: (count: number, last: T) => T) {
    this.limits = limits;
    this.leftOut = leftOut;
  }

  /** @returns false once the reader is gone */
  push(item: T): boolean {
    if (this.closed) return false;
    this.items.push(item);
    this.characters += item.text.length;
    this.stalled ||= this.length > this.limits.lines || this.characters > this.limits.characters;
    if (this.stalled) {
      const { linesOfStalled, characters } = this.limits;
      while (this.length > linesOfStalled || this.characters > characters) this.dropOldest();
    }
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
      this.stalled = false;
      if (this.closed) break;
      await new Promise<void>((resolve) => {
        this.wakeReader = resolve;
      });
    }
    if (this.failure !== undefined) throw this.failure;
  }

  private get length(): number {
    return this.items.length - this.first;
  }

  private take(): T | undefined {
    if (this.lastGone === undefined) return this.shift();
    const told = this.gone === 0 ? this.lastGone : this.leftOut(this.gone, this.lastGone);
    // What a notice says is not in the count, so one of them is kept, behind it.
    const notice = this.gone === 0 ? undefined : this.noticeGone;
    this.gone = 0;
    this.noticeGone = undefined;
    this.lastGone = notice;
    return told;
  }

  private dropOldest(): void {
    this.lastGone = this.shift();
    if (this.lastGone?.notice === true) this.noticeGone = this.lastGone;
    else this.gone += 1;
  }

  private shift(): T | undefined {
    const item = this.items[this.first];
    if (item === undefined) return undefined;
    this.first += 1;
    this.characters -= item.text.length;
    // Not one by one: taking the first of a long array moves all others.
    if (this.first >= MOVED_AT_ONCE || this.length === 0) {
      this.items = this.items.slice(this.first);
      this.first = 0;
    }
    return item;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

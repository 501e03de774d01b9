/**
 * Many writers, one slow reader: a writer waits while the queue is full, so what is not read stays where it came
 * from and not in memory.
 */
export class LineQueue<T> {
  private readonly room: number;
  private items: T[] = [];
  private closed = false;
  private failure: Error | undefined;
  private wakeReader: () => void = () => undefined;
  private waitingWriters: (() => void)[] = [];

  constructor(room: number) {
    this.room = room;
  }

  /** @returns false once the reader is gone */
  async push(item: T): Promise<boolean> {
    while (!this.closed && this.items.length >= this.room) {
      await new Promise<void>((resolve) => this.waitingWriters.push(resolve));
    }
    if (this.closed) return false;
    this.items.push(item);
    this.wakeReader();
    return true;
  }

  /** Ends the reader once it has had what is queued; with an error it throws it then. */
  close(error?: unknown): void {
    this.closed = true;
    if (error !== undefined) this.failure ??= asError(error);
    this.wakeReader();
    this.letWritersGo();
  }

  async *read(): AsyncGenerator<T> {
    for (;;) {
      const batch = this.items;
      this.items = [];
      this.letWritersGo();
      yield* batch;
      if (this.items.length > 0) continue;
      if (this.closed) break;
      await new Promise<void>((resolve) => {
        this.wakeReader = resolve;
      });
    }
    if (this.failure !== undefined) throw this.failure;
  }

  private letWritersGo(): void {
    const writers = this.waitingWriters;
    this.waitingWriters = [];
    for (const go of writers) go();
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

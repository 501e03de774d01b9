/** Bytes kept while the server is slow or away; who writes more waits. */
const BUFFER_BYTES = 4 * 1024 * 1024;
/** Bytes worth a request of their own. */
const WORTH_BYTES = 64 * 1024;
const REQUEST_BYTES = 512 * 1024;
/** Milliseconds that fewer bytes wait for company after the last request. */
const COALESCE_MS = 20;

/** Gives the server bytes from an offset on until it has them; resolves to how many it has in all. */
export type SendLog = (offset: number, bytes: Buffer, last: boolean) => Promise<number>;

/**
 * Sends an attempt's log in order, one request at a time, each from the byte that the server has not yet acknowledged.
 * The first bytes after a silence go at once. Bytes that the server leaves because they may begin a secret go again with
 * those that follow.
 */
export class LogSender {
  private readonly send: SendLog;
  private chunks: Buffer[] = [];
  private size = 0;
  private offset: number;
  private sending: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private lastSent = Number.NEGATIVE_INFINITY;
  private failure: Error | undefined;
  /** Bytes in the front that wait for company: the server has seen and left them. */
  private left = 0;
  /** Nothing follows what waits. */
  private last = false;
  private waiting: (() => void)[] = [];

  /**
   * @param offset bytes that the server already has
   */
  constructor(offset: number, send: SendLog) {
    this.offset = offset;
    this.send = send;
  }

  /** Bytes that the server has or will be sent. */
  get written(): number {
    return this.offset + this.size;
  }

  /** Resolves when there is room for more. @throws what `send` threw */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const bytes =
      typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length);
    if (bytes.length === 0) return;
    this.chunks.push(bytes);
    this.size += bytes.length;
    this.schedule();
    while (this.size > BUFFER_BYTES) await this.progress();
  }

  /** Resolves when the server has every byte; more may follow only once it has. @throws what `send` threw */
  async drain(): Promise<void> {
    this.last = true;
    while (this.size > 0) {
      this.sendNow();
      await this.progress();
    }
    this.last = false;
    if (this.failure !== undefined) throw this.failure;
  }

  private async progress(): Promise<void> {
    if (this.failure === undefined) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.failure !== undefined) throw this.failure;
  }

  private schedule(): void {
    if (this.sending !== undefined) return;
    const quiet = performance.now() - this.lastSent;
    if (this.size >= WORTH_BYTES || quiet >= COALESCE_MS) this.sendNow();
    else this.timer ??= setTimeout(() => this.sendNow(), COALESCE_MS - quiet);
  }

  private sendNow(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.sending !== undefined || this.size === 0 || this.failure !== undefined) return;
    this.sending = this.sendOne().then(
      () => this.settled(),
      (error: unknown) => {
        this.failure = error instanceof Error ? error : new Error(String(error));
        this.settled();
      },
    );
  }

  private async sendOne(): Promise<void> {
    const batch = this.first(REQUEST_BYTES);
    const whole = batch.length === this.size;
    const last = this.last && whole;
    const received = await this.send(this.offset, batch, last);
    const taken = Math.min(batch.length, Math.max(0, received - this.offset));
    // Of a full request it leaves no more than a part.
    if (received < this.offset || (taken === 0 && (last || !whole))) {
      throw new Error(`the server has ${received} bytes of the log and takes none from ${this.offset}`);
    }
    this.left = batch.length - taken;
    this.offset += taken;
    this.size -= taken;
    this.dropFirst(taken);
  }

  private settled(): void {
    this.sending = undefined;
    this.lastSent = performance.now();
    const waiting = this.waiting;
    this.waiting = [];
    for (const wake of waiting) wake();
    if (this.size > this.left) this.schedule();
  }

  /** At most `bytes` of what waits. Only these are copied: up to eight times as many may wait. */
  private first(bytes: number): Buffer {
    let count = 0;
    for (let sum = 0; sum < bytes && count < this.chunks.length; count++)
      sum += this.chunks[count]?.length ?? 0;
    return Buffer.concat(this.chunks.slice(0, count)).subarray(0, bytes);
  }

  private dropFirst(bytes: number): void {
    let rest = bytes;
    while (rest > 0) {
      const first = this.chunks[0] as Buffer;
      if (first.length > rest) this.chunks[0] = first.subarray(rest);
      else this.chunks.shift();
      rest -= Math.min(first.length, rest);
    }
  }
}

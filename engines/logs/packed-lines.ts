/** Bytes before each line: its length. */
const HEADER = 4;
/** Instead of a length: nothing more until the end, the next line is at the start. */
const WRAPPED = 0xffffffff;

/**
 * A ring of lines as bytes in one piece of memory. Lines that wait as objects, thousands a second of them, have grown old for
 * the collector of garbage by the time that they are dropped, and what it puts off then is many times the ring.
 */
export class PackedLines<T> {
  /** Of lines that are in the ring. */
  length = 0;
  private readonly capacity: number;
  private readonly dropped: (item: T) => void;
  private memory: Buffer | undefined;
  /** Where the oldest line is, and where the next one goes. */
  private head = 0;
  private tail = 0;

  /**
   * @param capacity bytes
   * @param dropped called with each line for which there is no room any more, oldest first
   */
  constructor(capacity: number, dropped: (item: T) => void) {
    this.capacity = capacity;
    this.dropped = dropped;
  }

  push(item: T): void {
    const text = JSON.stringify(item);
    const bytes = Buffer.byteLength(text);
    let at = this.place(HEADER + bytes);
    while (at === undefined) {
      const oldest = this.shift();
      if (oldest === undefined) return this.dropped(item);
      this.dropped(oldest);
      at = this.place(HEADER + bytes);
    }
    // Not zeroed, so that memory which no line has reached yet costs nothing.
    this.memory ??= Buffer.allocUnsafeSlow(this.capacity);
    if (at !== this.tail && this.capacity - this.tail >= HEADER)
      this.memory.writeUInt32LE(WRAPPED, this.tail);
    this.memory.writeUInt32LE(bytes, at);
    this.memory.write(text, at + HEADER);
    this.tail = at + HEADER + bytes;
    this.length += 1;
  }

  shift(): T | undefined {
    if (this.memory === undefined || this.length === 0) return undefined;
    if (this.capacity - this.head < HEADER || this.memory.readUInt32LE(this.head) === WRAPPED) this.head = 0;
    const from = this.head + HEADER;
    this.head = from + this.memory.readUInt32LE(this.head);
    this.length -= 1;
    const item = JSON.parse(this.memory.toString('utf8', from, this.head)) as T;
    if (this.length === 0) this.head = this.tail = 0;
    return item;
  }

  /** @returns where as many bytes are free in one piece */
  private place(bytes: number): number | undefined {
    const wrapped = this.length > 0 && this.tail <= this.head;
    if ((wrapped ? this.head : this.capacity) - this.tail >= bytes) return this.tail;
    return !wrapped && this.head >= bytes ? 0 : undefined;
  }
}

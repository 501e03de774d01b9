const NEWLINE = 0x0a;

/** Reads lines and counted bytes off a stream of chunks, holding no more than one chunk and the line at its end. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next line without its newline; undefined at the end. @throws when a line is longer than 8 KiB */
  async line(): Promise<string | undefined> {
    let end = this.#rest.indexOf(NEWLINE);
    while (end < 0) {
      if (this.#rest.length > 8192) throw new Error('git wrote a line that is too long');
      const chunk = await this.#next();
      if (chunk === undefined) return undefined;
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      end = this.#rest.indexOf(NEWLINE);
    }
    const line = this.#rest.toString('utf8', 0, end);
    this.#rest = this.#rest.subarray(end + 1);
    return line;
  }

  /** Up to `length` bytes, at least one, as they come. @throws at the end of the stream */
  async some(length: number): Promise<Buffer> {
    if (this.#rest.length === 0) {
      const chunk = await this.#next();
      if (chunk === undefined) throw new Error('git ended in the middle of an object');
      this.#rest = chunk;
    }
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  /** All of `length` bytes at once when they are here already, so that small objects cost no wait. */
  ready(length: number): Buffer | undefined {
    if (this.#rest.length < length) return undefined;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  /** Exactly `length` bytes in one buffer. */
  async exactly(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = length; left > 0;) {
      const bytes = await this.some(left);
      parts.push(bytes);
      left -= bytes.length;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, length);
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.some(left)).length;
  }

  async #next(): Promise<Buffer | undefined> {
    const next = await this.#chunks.next();
    return next.done === true ? undefined : next.value;
  }
}

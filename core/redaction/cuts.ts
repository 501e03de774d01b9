interface Cut {
  /** Below 0 when its mask was let out before. */
  readonly start: number;
  end: number;
  readonly name: string;
}

/** Stretches to be cut out, in order. Those that overlap are one, with the name of the one that begins first. */
export class Cuts {
  readonly #cuts: Cut[] = [];

  /** @param already bytes at the beginning that belong to a stretch whose mask stands before them */
  constructor(already: number) {
    if (already > 0) this.#cuts.push({ start: -1, end: already, name: '' });
  }

  /** Bytes behind `at` of a stretch that begins before it. */
  over(at: number): number {
    const across = this.#cuts.findLast(({ start }) => start < at);
    return Math.max(0, (across?.end ?? 0) - at);
  }

  /** @param end not before those of earlier calls */
  add(end: number, length: number, name: string): void {
    const start = end - length;
    let last = this.#cuts.at(-1);
    while (last !== undefined && last.start >= start) {
      this.#cuts.pop();
      last = this.#cuts.at(-1);
    }
    if (last !== undefined && last.end > start) last.end = end;
    else this.#cuts.push({ start, end, name });
  }

  /** The first `length` bytes, with masks in place of what is cut; `bytes` itself when nothing changes. */
  applyTo(bytes: Buffer, length: number): Buffer {
    if (this.#cuts.length === 0) return length === bytes.length ? bytes : bytes.subarray(0, length);
    const parts: Buffer[] = [];
    let at = 0;
    for (const { start, end, name } of this.#cuts) {
      if (start >= length) break;
      if (start > at) parts.push(bytes.subarray(at, start));
      if (start >= 0) parts.push(Buffer.from(`[${name}]`));
      at = end;
    }
    if (at < length) parts.push(bytes.subarray(at, length));
    return Buffer.concat(parts);
  }
}

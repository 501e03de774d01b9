/**
 * Protocol Buffers on the wire, as far as BuildKit's messages need it: varints, length-delimited fields, and
 * skipping of what is unknown. https://protobuf.dev/programming-guides/encoding/
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** One varint; negative numbers are not needed and not supported. */
export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** A number field; absent when zero, as proto3 has it. */
export function numberField(field: number, value: number | bigint): Buffer {
  if (value === 0 || value === 0n) return Buffer.alloc(0);
  return Buffer.concat([varint(field * 8 + VARINT), varint(value)]);
}

/** A bytes or message field; absent when empty. Strings are taken as raw bytes in latin1. */
export function bytesField(field: number, value: Uint8Array | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  if (bytes.length === 0) return Buffer.alloc(0);
  return Buffer.concat([varint(field * 8 + BYTES), varint(bytes.length), bytes]);
}

/** Walks over the fields of one message. Numbers above 2^53 lose precision. */
export class WireReader {
  field = 0;
  private readonly buffer: Buffer;
  private position = 0;
  private type = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  /** Goes to the next field; false at the end. Each field must then be read by number(), bytes() or skip(). */
  next(): boolean {
    if (this.position >= this.buffer.length) return false;
    const key = this.varint();
    this.field = Math.floor(key / 8);
    this.type = key % 8;
    return true;
  }

  number(): number {
    return this.varint();
  }

  bytes(): Buffer {
    const length = this.varint();
    const start = this.position;
    if (start + length > this.buffer.length) throw new RangeError('a field ends beyond its message');
    this.position += length;
    return this.buffer.subarray(start, this.position);
  }

  skip(): void {
    if (this.type === VARINT) this.varint();
    else if (this.type === BYTES) this.bytes();
    else if (this.type === FIXED64) this.position += 8;
    else if (this.type === FIXED32) this.position += 4;
    else throw new RangeError(`wire type ${this.type} is not known`);
  }

  private varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.buffer[this.position++];
      if (byte === undefined) throw new RangeError('a number ends beyond its message');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }
}

/**
 * git's pkt-line framing (gitprotocol-common): four hex digits that count themselves, then the payload;
 * 0000 is a flush, 0001 and 0002 are delimiters.
 */

/** Largest pkt-line that git accepts, header included, in bytes. */
export const MAX_PKT = 65_520;

export const FLUSH: Buffer = Buffer.from('0000');

/** Frames one payload of at most MAX_PKT - 4 bytes. */
export function pktLine(payload: string | Uint8Array): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  if (body.length > MAX_PKT - 4)
    throw new RangeError(`a pkt-line holds ${MAX_PKT - 4} bytes, not ${body.length}`);
  const frame = Buffer.allocUnsafe(body.length + 4);
  frame.write((body.length + 4).toString(16).padStart(4, '0'), 0, 'latin1');
  frame.set(body, 4);
  return frame;
}

/** A peer that does not speak pkt-line. */
export class PktLineError extends Error {
  override readonly name = 'PktLineError';
}

/**
 * Length of the frame that starts at `offset`, header included (4 for flush and delimiters);
 * undefined when the header is not there yet.
 * @throws PktLineError when the header is not one
 */
function frameLength(bytes: Buffer, offset: number): number | undefined {
  if (bytes.length - offset < 4) return undefined;
  let length = 0;
  for (let i = offset; i < offset + 4; i += 1) {
    const digit = hexDigit(bytes[i] ?? 0);
    if (digit < 0)
      throw new PktLineError(
        `not a pkt-line: ${JSON.stringify(bytes.toString('latin1', offset, offset + 4))}`,
      );
    length = length * 16 + digit;
  }
  if (length < 3) return 4;
  if (length < 4 || length > MAX_PKT) throw new PktLineError(`a pkt-line of ${length} bytes`);
  return length;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  if (code >= 0x41 && code <= 0x46) return code - 0x37;
  return -1;
}

/** Cuts a byte stream at frame boundaries. Holds back at most one unfinished frame. */
export class FrameSplitter {
  #held: Buffer = Buffer.alloc(0);

  /**
   * The bytes that complete frames, as they came (possibly none).
   * @param seen called with the payload of each complete frame; undefined for flush and delimiters
   */
  push(chunk: Buffer, seen?: (payload: Buffer | undefined) => void): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let offset = 0;
    for (;;) {
      const length = frameLength(bytes, offset);
      if (length === undefined || offset + length > bytes.length) break;
      seen?.(length === 4 ? undefined : bytes.subarray(offset + 4, offset + length));
      offset += length;
    }
    this.#held = offset === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(offset));
    return bytes.subarray(0, offset);
  }

  /** Bytes of an unfinished frame. */
  get held(): Buffer {
    return this.#held;
  }
}

/**
 * The frames of `sluice run`, after the `101` of `Upgrade: sluice-run`: 1 byte type, 4 bytes big-endian length,
 * payload. See docs/development/run-protocol.md. Pure: bytes in, bytes out.
 */

/** The longest payload of one frame, in bytes. Longer data travels in several frames. */
export const MAX_FRAME_BYTES = 64 * 1024;
const HEADER_BYTES = 5;

/** The value of the `Upgrade` header, and the header that carries the RunCommand as base64url of its JSON. */
export const RUN_UPGRADE = 'sluice-run';
export const RUN_HEADER = 'x-sluice-run';

export const ClientFrame = { stdin: 0, resize: 1, stdinEnd: 2, signal: 3 } as const;
export const ServerFrame = { stdout: 0, stderr: 1, exit: 2, error: 3 } as const;

export interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

/** The other side broke the framing: nothing that follows can be trusted, so the connection ends. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** @throws RangeError when the payload is longer than MAX_FRAME_BYTES (use encodeFrames for a stream's bytes) */
export function encodeFrame(type: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  if (payload.length > MAX_FRAME_BYTES)
    throw new RangeError(`a frame holds at most ${MAX_FRAME_BYTES} bytes`);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(payload.length, 1);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** A stream's bytes as one or more frames of one type; no bytes, no frame. */
export function* encodeFrames(type: number, bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += MAX_FRAME_BYTES) {
    yield encodeFrame(type, bytes.subarray(at, at + MAX_FRAME_BYTES));
  }
}

/** A frame whose payload is JSON. @throws RangeError when the JSON is longer than MAX_FRAME_BYTES */
export function encodeJsonFrame(type: number, value: unknown): Buffer {
  return encodeFrame(type, Buffer.from(JSON.stringify(value)));
}

/** Cuts a byte stream into frames, however it was split on the way. Holds one frame at most. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #size = 0;
  /** Bytes that the next step waits for: a header, then the whole frame. So each byte is copied three times at most. */
  #wanted = HEADER_BYTES;

  /** The frames that are whole now. @throws FrameError when a length is over MAX_FRAME_BYTES */
  push(chunk: Uint8Array): Frame[] {
    this.#chunks.push(Buffer.from(chunk));
    this.#size += chunk.length;
    const frames: Frame[] = [];
    if (this.#size < this.#wanted) return frames;
    let rest = Buffer.concat(this.#chunks);
    while (rest.length >= this.#wanted) {
      this.#wanted = HEADER_BYTES + payloadLength(rest);
      if (rest.length < this.#wanted) break;
      frames.push({ type: rest.readUInt8(0), payload: rest.subarray(HEADER_BYTES, this.#wanted) });
      rest = rest.subarray(this.#wanted);
      this.#wanted = HEADER_BYTES;
    }
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    return frames;
  }

  /** Whether the stream stands between two frames, where it may end. */
  get atBoundary(): boolean {
    return this.#size === 0;
  }
}

function payloadLength(frame: Buffer): number {
  const length = frame.readUInt32BE(1);
  if (length > MAX_FRAME_BYTES) {
    throw new FrameError(`a frame of ${length} bytes; at most ${MAX_FRAME_BYTES} are allowed`);
  }
  return length;
}

/** The value of RUN_HEADER for a RunCommand. */
export function encodeRunHeader(command: unknown): string {
  return Buffer.from(JSON.stringify(command)).toString('base64url');
}

/** What RUN_HEADER holds, still to be parsed by the RunCommand schema; undefined when it is not base64url JSON. */
export function decodeRunHeader(value: string): unknown {
  if (!/^[A-Za-z0-9_-]+$/.test(value)) return undefined;
  try {
    return JSON.parse(Buffer.from(value, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** The longest RUN_HEADER that is sent or read, in bytes: it has to fit in Node's 16 KiB for all headers. */
export const MAX_RUN_HEADER_BYTES = 12 * 1024;

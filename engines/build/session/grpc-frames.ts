/** gRPC's framing of messages within an HTTP/2 stream: one byte for compression (never here), four for the length. */

const HEADER = 5;

export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(HEADER + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, HEADER);
  return framed;
}

/** Cuts a byte stream back into messages. */
export async function* messages(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER) {
      const end = HEADER + pending.readUInt32BE(1);
      if (pending.length < end) break;
      if (pending[0] !== 0) throw new Error('the engine sent a compressed message');
      yield pending.subarray(HEADER, end);
      pending = pending.subarray(end);
    }
  }
}

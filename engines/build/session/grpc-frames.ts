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
  // A large message comes in many chunks: they are put together once, when all are there.
  let chunks: Buffer[] = [];
  let length = 0;
  let wanted = HEADER;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    while (length >= wanted) {
      const pending = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      const end = HEADER + pending.readUInt32BE(1);
      chunks = [pending];
      wanted = end;
      if (length < end) break;
      if (pending[0] !== 0) throw new Error('the engine sent a compressed message');
      yield pending.subarray(HEADER, end);
      chunks = [pending.subarray(end)];
      length -= end;
      wanted = HEADER;
    }
  }
}

/** Cuts a stream into lines; a last line without a line feed counts. Yields all lines that one chunk completed. */
export async function* lineBatches(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer[]> {
  let pending: Buffer[] = [];
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      lines.push(Buffer.concat([...pending, bytes.subarray(start, end)]));
      pending = [];
      start = end + 1;
    }
    if (start < bytes.length) pending.push(bytes.subarray(start));
    if (lines.length > 0) yield lines;
  }
  if (pending.length > 0) yield [Buffer.concat(pending)];
}

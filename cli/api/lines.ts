import { StringDecoder } from 'node:string_decoder';

/** Lines of a byte stream, without their ends. A stream that breaks makes this throw; the half line before is lost. */
export async function* lines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let held = '';
  for await (const chunk of stream) {
    held += decoder.write(chunk);
    const parts = held.split('\n');
    held = parts.pop() ?? '';
    yield* parts;
  }
  if (held !== '') yield held;
}

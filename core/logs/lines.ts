import { StringDecoder } from 'node:string_decoder';

/**
 * Lines of a byte stream, without their ends. A stream that breaks makes this throw; the half line before is lost.
 * @param longest characters of a line; what is longer is cut into several, so that nobody's line fills our memory
 */
export async function* lines(
  stream: AsyncIterable<Buffer>,
  longest = Number.POSITIVE_INFINITY,
): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8');
  let held = '';
  for await (const chunk of stream) {
    held += decoder.write(chunk);
    const whole = held.split('\n');
    held = whole.pop() ?? '';
    yield* whole;
    if (held.length > longest) {
      yield held;
      held = '';
    }
  }
  if (held !== '') yield held;
}

import type { Readable } from 'node:stream';
import type { ChannelOutput } from './channel-output.ts';
import { untilItEnds } from './git-process.ts';

/** git's own complaints are short; what is longer is cut, as nothing else bounds it. */
const MOST_BYTES = 16 * 1024;

/** Passes a process's stderr on to the client's stderr. Ends with the stream; never fails. */
export async function passErrors(stderr: Readable, output: ChannelOutput): Promise<void> {
  let left = MOST_BYTES;
  try {
    for await (const chunk of untilItEnds(stderr)) {
      if (left <= 0) continue;
      const text = chunk.subarray(0, left).toString('utf8');
      left -= chunk.length;
      await output.writeError(text);
    }
  } catch {
    // The client is gone, and so is everyone who would read it.
  }
}

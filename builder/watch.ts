import { createInterface } from 'node:readline';
import { backoff, pause } from './retry.ts';
import { ServerRefused } from './server-client.ts';
import type { ServerClient } from './server-client.ts';

export type WatchEnd = 'cancel' | 'gone';

/**
 * Holds the watch stream of an attempt open: it is the attempt's heart beat, and it says when to stop. A server that
 * is away is asked again.
 * @returns why the attempt has to stop; undefined once the signal is aborted
 */
export async function watch(
  server: ServerClient,
  path: string,
  signal: AbortSignal,
): Promise<WatchEnd | undefined> {
  for (let tries = 1; !signal.aborted; tries++) {
    try {
      const stream = await server.open(path, signal);
      tries = 0;
      // A line is a few bytes; readline ends when the connection does.
      const lines = createInterface({ input: stream });
      // It passes on the stream's errors also when nobody iterates any more: after a cancel, our own hanging up.
      lines.on('error', () => undefined);
      for await (const line of lines) {
        if (line !== '' && (JSON.parse(line) as { event?: unknown }).event === 'cancel') return 'cancel';
      }
    } catch (error) {
      if (error instanceof ServerRefused && error.status < 500) return 'gone';
    }
    await pause(backoff(tries + 1), signal);
  }
  return undefined;
}

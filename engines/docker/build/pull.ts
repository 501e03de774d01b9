import type { Engine } from './engine.ts';
import { lineBatches } from '../../build/json-lines.ts';

export interface PullProgress {
  readonly layers: number;
  readonly done: number;
}

/**
 * Pulls an image to the end.
 * @param progress called for every word of the engine, the first one when the registry has answered
 * @throws Error with the engine's words when it cannot be had
 */
export async function pullImage(
  engine: Engine,
  image: string,
  platform: string | undefined,
  signal: AbortSignal,
  progress: (at: PullProgress) => Promise<void> | void,
): Promise<void> {
  const layers = new Map<string, boolean>();
  const answer = await engine.pull(image, platform, signal);
  for await (const lines of lineBatches(answer as AsyncIterable<Buffer>)) {
    for (const line of lines) {
      const text = line.toString('utf8').trim();
      if (text === '') continue;
      const { error, id, status } = JSON.parse(text) as { error?: string; id?: string; status?: string };
      if (error !== undefined) throw new Error(error);
      if (id !== undefined && status?.startsWith('Pulling from') !== true) {
        layers.set(id, status === 'Pull complete' || status === 'Already exists');
      }
    }
    signal.throwIfAborted();
    await progress({ layers: layers.size, done: [...layers.values()].filter(Boolean).length });
  }
}

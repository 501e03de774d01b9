import { createHash } from 'node:crypto';

/** One step of an image's history as the engine tells it, newest first in its list. */
export interface HistoryStep {
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Size: number;
}

export interface Layer {
  /** The same for two images when they share this layer and all below it. */
  readonly key: string;
  readonly bytes: number;
}

/**
 * The layers of an image that take space, from its base up. Steps that only change the config are left out: they may
 * differ between images whose layers are the same.
 */
export function layersOf(history: readonly HistoryStep[]): Layer[] {
  let below = '';
  return history
    .toReversed()
    .filter((step) => step.Size > 0)
    .map(({ Created, CreatedBy, Size }) => {
      below = createHash('sha256')
        .update(JSON.stringify([below, Created, CreatedBy, Size]))
        .digest('base64');
      return { key: below, bytes: Size };
    });
}

/** Bytes that would be free if these images went and the others stayed: each layer counts once. */
export function bytesOnlyIn(own: readonly Layer[][], others: readonly Layer[][]): number {
  const elsewhere = new Set(others.flat().map((layer) => layer.key));
  const mine = new Map(own.flat().map((layer) => [layer.key, layer.bytes]));
  return [...mine].reduce((sum, [key, bytes]) => (elsewhere.has(key) ? sum : sum + bytes), 0);
}

import type { Context } from '../context.ts';
import { Exit, Failure } from '../failure.ts';
import { lostConnection } from './build-log.ts';
import { PATIENCE, Retries, type Patience } from './patience.ts';

/** Between two looks, in milliseconds: quick at first, for what is over soon. */
const LOOK: Patience = { waits: [100, 200, 300, 500, 1_000], total: Number.POSITIVE_INFINITY };

export interface Watched<T> {
  readonly look: () => Promise<T>;
  readonly hasEnded: (seen: T) => boolean;
  /** Gets each look, the last too. */
  readonly show?: (seen: T) => void | Promise<void>;
  /** What a person reads meanwhile. */
  readonly waiting: (seen: T | undefined) => string;
  /** What goes on when the watching is ended, and the command that looks again. */
  readonly goesOn: { readonly what: string; readonly again: string };
}

/**
 * Looks at something until it has ended.
 * @throws Failure (130) when Ctrl-C ends the watching; (platform not reached) when it stays away longer than patience lasts
 */
export async function watch<T>(context: Context, watched: Watched<T>): Promise<T> {
  const { look, hasEnded, show, waiting, goesOn } = watched;
  const interrupt = new AbortController();
  const release = context.terminal.onInterrupt(() => interrupt.abort());
  let last: T | undefined;
  try {
    return await context.waiting(
      () => waiting(last),
      async () => {
        for await (const seen of looks(look, interrupt.signal)) {
          last = seen;
          await show?.(seen);
          if (hasEnded(seen)) return seen;
        }
        throw new Failure(Exit.interrupted, {
          code: 'stopped_watching',
          message: `Only the watching has ended: ${goesOn.what} goes on`,
          hint: `Look again: ${goesOn.again}`,
        });
      },
    );
  } finally {
    release();
  }
}

/** A lost connection is tried again as long as patience lasts. Ends when the signal says so. */
async function* looks<T>(look: () => Promise<T>, signal: AbortSignal): AsyncGenerator<T> {
  const pauses = new Retries(LOOK);
  const retries = new Retries(PATIENCE);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => stop(undefined), { once: true });
  while (!signal.aborted) {
    try {
      const seen = await Promise.race([look(), stopped]);
      if (seen === undefined) return;
      retries.wentWell();
      yield seen;
      await Promise.race([pauses.wait(), stopped]);
    } catch (error) {
      // Ctrl-C reaches our ssh, too, and the connection goes with it.
      if (signal.aborted) return;
      const lost = lostConnection(error);
      if (!(await Promise.race([retries.wait(), stopped]))) throw lost;
    }
  }
}

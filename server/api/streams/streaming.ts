import type { Call } from '../call.ts';
import type { StreamRoute } from '../call.ts';

/** What a handler of a stream knows beside its call. */
export interface Streaming<N extends StreamRoute> {
  /** The client asked for server-sent events, and their `Content-Type` is set. */
  readonly events: boolean;
  /** What the client saw last, before it lost its connection. */
  readonly lastEventId: string | undefined;
  /** Aborted when the client has left. */
  readonly gone: AbortSignal;
  /** Aborted when the server stops: events end whole, and their clients come back by themselves. */
  readonly stopping: AbortSignal;
  /** The call anew, as things are now; undefined when its sender may not ask this any more. */
  readonly again: () => Promise<Call<N> | undefined>;
}

import { AsyncLocalStorage } from 'node:async_hooks';

/** By what way somebody asked for what is being done. */
export interface AskedFrom {
  readonly via: 'machine' | 'key' | 'token' | 'hook';
  /** Who asked: an id of the journal; null: root on the machine. */
  readonly actorId: string | null;
  /** The client's address. */
  readonly address?: string | undefined;
  /** The key's fingerprint, or the name of the token or the hook. */
  readonly credential?: string | undefined;
}

const asking = new AsyncLocalStorage<AskedFrom>();

/** Does the work, and all that it starts, as asked for in this way: the journal of events names it. */
export function askedBy<T>(from: AskedFrom, work: () => T): T {
  return asking.run(from, work);
}

/**
 * How this person asked; undefined: nobody asked for this. What a request has woken goes on in its wake and may do
 * something for somebody else, which must not be put down to its sender.
 */
export function askedFrom(actorId: string | null): AskedFrom | undefined {
  const from = asking.getStore();
  return from?.actorId === actorId ? from : undefined;
}

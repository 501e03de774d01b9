import { z } from 'zod';

/** One route of the public API. `:app` in its path is an app's name or id. */
export interface RouteContract {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly answer?: z.ZodType;
  /** The answer is a stream of this media type instead of one JSON document. */
  readonly stream?: 'text/plain' | 'application/x-ndjson' | 'text/event-stream';
  /**
   * What `data` of an event is, for a stream that is also given as server-sent events: to who sends
   * `Accept: text/event-stream`.
   */
  readonly event?: z.ZodType;
  readonly status: number;
  /** Its answer holds a secret, and is not kept for a repeat with the same Idempotency-Key. */
  readonly shownOnce?: true;
  /** Statuses of problems that other routes do not have: see openapi.ts for those that every route has. */
  readonly problems?: readonly number[];
}

export const paging = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

/** Cursor pages: pass `next` as `?cursor=`. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().optional() });
}

export function route<const R extends RouteContract>(contract: R): R {
  return contract;
}

import { z } from 'zod';
import type { Event } from '../../core/contracts/resources.ts';
import { Refusal } from '../../core/reason.ts';
import { eventOf } from '../event-of.ts';
import { FeedWatch } from '../feed-watch.ts';
import { roleIn } from '../access/app-access.ts';
import type { Principal } from '../access/principal.ts';
import type { AppRow } from '../store/apps.ts';
import type { FeedRow } from '../store/feed.ts';
import type { Store } from '../store/store.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { OWN_LOOK_MS } from './still-may.ts';
import { EventStream } from './streams/event-stream.ts';
import type { Streaming } from './streams/streaming.ts';

/** Rows that are held at a time for one client, which may be slow. */
const BATCH = 100;

export function registerEvents(endpoints: Endpoints, { store }: Pick<ApiDeps, 'store'>): void {
  const watch = new FeedWatch(store);
  endpoints.stream('listEvents', async ({ query }, response, streaming) => {
    const from = startOf(store, streaming.lastEventId, query.after);
    const out = new EventStream(response, streaming.gone, String(from));
    await follow(out, from, streaming, undefined);
  });
  endpoints.stream('listAppEvents', async ({ app, query }, response, streaming) => {
    const from = startOf(store, streaming.lastEventId, query.after);
    const out = new EventStream(response, streaming.gone, String(from));
    await follow(out, from, streaming, app);
  });

  /** @param only of this app; undefined: of all that the client may see at that moment */
  async function follow(
    out: EventStream,
    from: number,
    { again, gone, stopping }: Streaming<'listEvents' | 'listAppEvents'>,
    only: AppRow | undefined,
  ): Promise<void> {
    let at = from;
    for (;;) {
      const call = await again();
      // Whoever was left behind by what was let go learns it when they come back.
      if (!call || gone.aborted || stopping.aborted || at < store.feed.letGoUpTo()) break;
      const newest = store.feed.newest();
      const rows = store.feed.after(at, BATCH, only?.id);
      for (const row of rows) {
        const event = shown(store, call.principal, row);
        // Named by its topic: clients hear of types that they do not know, too.
        if (event) await out.send(event.id, event.type.split('.')[0] ?? '', event);
        at = row.seq;
      }
      if (rows.length === BATCH) continue;
      at = Math.max(at, newest);
      out.lastId = String(at);
      await watch.after(at, OWN_LOOK_MS, [gone, stopping]);
    }
    out.end();
  }
}

/** @throws Refusal 410 `events_gone`; 422 `event_id_invalid` */
function startOf(store: Store, lastEventId: string | undefined, after: number | undefined): number {
  const newest = store.feed.newest();
  if (lastEventId === undefined && after === undefined) return newest;
  const from = lastEventId === undefined ? (after ?? newest) : Number(lastEventId);
  if (!Number.isSafeInteger(from) || from < 0) {
    throw new Refusal(
      422,
      'event_id_invalid',
      'this Last-Event-ID is none of an event of this platform',
      'leave it out to hear what happens from now on',
    );
  }
  if (from >= store.feed.letGoUpTo() && from <= newest) return from;
  throw new Refusal(
    410,
    'events_gone',
    'what happened after this event is not known any more',
    'begin anew without Last-Event-ID, and read how things stand from the lists',
  );
}

function shown(store: Store, principal: Principal, row: FeedRow): Event | undefined {
  const app = store.apps.byId(row.app_id);
  if (!app || roleIn(store, principal, app) === undefined) return undefined;
  try {
    return eventOf(store, String(row.seq), row);
  } catch (error) {
    // A row of an odd shape must not end every stream that comes to it, again and again.
    if (error instanceof z.ZodError) return undefined;
    throw error;
  }
}

import { requireRelease } from '../operations/require-release.ts';
import { withoutSecrets } from '../redaction/log-lines.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { optional } from './present/time.ts';
import { sendLogLines } from './send-log-lines.ts';
import { EventStream } from './streams/event-stream.ts';
import { placeOf, sendLogEvents } from './streams/log-events.ts';

/** Lines that are looked through for the last one that a client has seen. */
const GAP = 10_000;

export function registerLogs(endpoints: Endpoints, { store, workloads }: ApiDeps): void {
  endpoints.stream('logs', async ({ app, query }, response, { events, lastEventId, gone, stopping }) => {
    const { tail, follow, process, release, since, level } = query;
    if (release !== undefined) requireRelease(store, app, release);
    const last = events && lastEventId !== undefined ? placeOf(lastEventId) : undefined;
    const written = workloads.logs(
      { id: app.id, name: app.name },
      {
        tail: last ? GAP : tail,
        follow,
        signal: events ? AbortSignal.any([gone, stopping]) : gone,
        ...optional('process', process),
        ...optional('release', release),
        ...optional('since', since === undefined ? undefined : Date.parse(since)),
        ...optional('level', level),
      },
    );
    const lines = withoutSecrets(written, () => store.redactors.of(app.id));
    if (events) return sendLogEvents(lines, last, new EventStream(response, gone), stopping);
    if (follow) response.flushHeaders();
    return sendLogLines(lines, response, gone);
  });
}

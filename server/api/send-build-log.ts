import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { Refusal } from '../../core/reason.ts';
import { KEPT_DAYS } from '../retention/terms.ts';
import type { BuildRow } from '../store/builds.ts';
import type { ApiDeps } from './deps.ts';
import { sendBuildLogEvents } from './streams/build-log-events.ts';
import { EventStream } from './streams/event-stream.ts';
import type { Streaming } from './streams/streaming.ts';

/**
 * Bytes of a build's log from an offset, as fast as the client takes them; with `follow` until all has ended.
 * @throws Refusal 410 `log_gone`
 */
export async function sendBuildLog(
  { buildLogs, followEnd }: Pick<ApiDeps, 'buildLogs' | 'followEnd'>,
  build: BuildRow,
  { offset, follow }: { offset: number; follow: boolean },
  response: Response,
  { events, lastEventId, gone, stopping }: Streaming<'getBuildLog'>,
): Promise<void> {
  // Every log has a first line from the start, so one that is empty was let go.
  if (build.finished_at !== null && (await buildLogs.size(build.id)) === 0) {
    throw new Refusal(
      410,
      'log_gone',
      `the log of build ${build.number} was let go: build logs are kept for ${KEPT_DAYS} days, and fewer where the disk is short`,
      `build it again, as long as the platform has it: sluice builds:create --commit ${build.commit_id}`,
    );
  }
  const from = events && lastEventId !== undefined ? offsetOf(lastEventId) : offset;
  if (follow && !events) response.flushHeaders();
  const over = events ? AbortSignal.any([gone, stopping]) : gone;
  const until = follow ? Promise.allSettled([followEnd(build.id, 'live', over)]) : undefined;
  const log = buildLogs.read(build.id, from, until);
  if (events) await sendBuildLogEvents(log, from, new EventStream(response, gone, String(from)), stopping);
  else await pipeline(log, response as Writable);
}

/** @throws Refusal 422 `event_id_invalid` */
function offsetOf(lastEventId: string): number {
  if (/^\d{1,15}$/.test(lastEventId)) return Number(lastEventId);
  throw new Refusal(
    422,
    'event_id_invalid',
    'this Last-Event-ID is no offset of a log',
    'leave it out to begin at the start',
  );
}

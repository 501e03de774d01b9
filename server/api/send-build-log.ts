import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { BuildRow } from '../store/builds.ts';
import type { ApiDeps } from './deps.ts';
import { unlessGone } from './unless-gone.ts';

/** Bytes of a build's log from an offset, as fast as the client takes them; with `follow` until all has ended. */
export async function sendBuildLog(
  { buildLogs, followEnd }: Pick<ApiDeps, 'buildLogs' | 'followEnd'>,
  build: BuildRow,
  { offset, follow }: { offset: number; follow: boolean },
  response: Response,
  gone: AbortSignal,
): Promise<void> {
  if (follow) response.flushHeaders();
  const until = follow ? Promise.allSettled([followEnd(build.id, 'live', gone)]) : undefined;
  const log = buildLogs.read(build.id, offset, until);
  await unlessGone(gone, pipeline(log, response as Writable));
}

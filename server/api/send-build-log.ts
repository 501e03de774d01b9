import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { Refusal } from '../../core/reason.ts';
import { KEPT_DAYS } from '../retention/terms.ts';
import type { BuildRow } from '../store/builds.ts';
import type { ApiDeps } from './deps.ts';
import { unlessGone } from './unless-gone.ts';

/**
 * Bytes of a build's log from an offset, as fast as the client takes them; with `follow` until all has ended.
 * @throws Refusal 410 `log_gone`
 */
export async function sendBuildLog(
  { buildLogs, followEnd }: Pick<ApiDeps, 'buildLogs' | 'followEnd'>,
  build: BuildRow,
  { offset, follow }: { offset: number; follow: boolean },
  response: Response,
  gone: AbortSignal,
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
  if (follow) response.flushHeaders();
  const until = follow ? Promise.allSettled([followEnd(build.id, 'live', gone)]) : undefined;
  const log = buildLogs.read(build.id, offset, until);
  await unlessGone(gone, pipeline(log, response as Writable));
}

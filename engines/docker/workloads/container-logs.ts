import type Docker from 'dockerode';
import { reached } from '../client.ts';
import { frames } from './frames.ts';
import { stampedLines, type StampedLine } from '../../logs/log-lines.ts';

export interface LogRange {
  /** Lines from the end; absent: all. */
  readonly tail?: number;
  /** Only what was written after the line with this time. */
  readonly after?: string;
  /** Only from the line with this time on. */
  readonly from?: string;
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * A replica's log as lines, oldest first. With `follow` it goes on until the container stops or the signal fires;
 * the engine reads on only as fast as the lines are taken.
 */
export async function* containerLog(
  container: Docker.Container,
  range: LogRange,
): AsyncGenerator<StampedLine> {
  const stream = await openLog(container, range);
  try {
    yield* stampedLines(frames(stream));
  } catch (error) {
    if (range.signal?.aborted !== true) throw error;
  } finally {
    stream.destroy();
  }
}

async function openLog(
  container: Docker.Container,
  range: LogRange,
): Promise<AsyncIterable<Buffer> & { destroy(): void }> {
  const options = {
    stdout: true,
    stderr: true,
    timestamps: true,
    // Also without `follow`, so that dockerode hands over a stream and not all of it in one buffer.
    follow: range.follow === true,
    tail: range.tail ?? 'all',
    ...(range.after === undefined ? {} : { since: sinceAfter(range.after) }),
    ...(range.from === undefined ? {} : { since: seconds(range.from, 0) }),
  };
  const dial = {
    path: `/containers/${container.id}/logs?`,
    method: 'GET',
    options,
    isStream: true,
    statusCodes: { 101: true, 200: true, 404: 'no such container', 409: 'no log', 500: 'server error' },
    ...(range.signal === undefined ? {} : { abortSignal: range.signal }),
  };
  return reached(
    new Promise((resolve, reject) => {
      (container.modem as Docker['modem']).dial(dial, (error, stream) => {
        if (error !== null && error !== undefined) reject(error);
        else resolve(stream as AsyncIterable<Buffer> & { destroy(): void });
      });
    }),
  );
}

/** The engine's `since` takes seconds with nine decimals and includes its own instant. */
export function sinceAfter(stamp: string): string {
  return seconds(stamp, 1);
}

function seconds(stamp: string, more: 0 | 1): string {
  const whole = Math.floor(Date.parse(stamp) / 1000);
  const nanos = Number((/\.(\d{1,9})/.exec(stamp)?.[1] ?? '0').padEnd(9, '0')) + more;
  const carried = nanos === 1_000_000_000;
  return `${carried ? whole + 1 : whole}.${String(carried ? 0 : nanos).padStart(9, '0')}`;
}

import { Worker } from 'bullmq';
import type { ConnectionOptions } from 'bullmq';
import { BUILD_QUEUE } from '../core/contracts/queue.ts';

/** Milliseconds between tries while Redis is away. */
const RECONNECT_MS = 200;

/**
 * Listens on the build queue. Redis may go away or be emptied: jobs under way go on, and listening resumes.
 * @param redis `redis://…` or the path of a unix socket
 */
export function listen(
  redis: string,
  slots: number,
  take: (job: { buildId: string; attempt: number }) => Promise<void>,
): Worker {
  const common = { maxRetriesPerRequest: null, retryStrategy: () => RECONNECT_MS };
  const connection: ConnectionOptions = redis.startsWith('/')
    ? { path: redis, ...common }
    : { url: redis, ...common };
  const worker = new Worker<{ buildId: string; attempt: number }>(BUILD_QUEUE, (job) => take(job.data), {
    connection,
    concurrency: slots,
    runRetryDelay: RECONNECT_MS,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  // Redis away, or a job's lock gone with a wipe: the journal holds the truth, so nothing is to be done.
  worker.on('error', () => undefined);
  return worker;
}

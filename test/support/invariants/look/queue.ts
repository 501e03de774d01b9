import { Queue } from 'bullmq';
import { BUILD_QUEUE, type BuildJob } from '../../../../core/contracts/internal.ts';
import type { DataPaths } from '../../../../core/paths.ts';
import type { JobFact } from '../facts.ts';

const STATES = ['active', 'wait', 'delayed', 'prioritized', 'completed', 'failed'] as const;

/** When each message was first seen, `performance.now()`, by Redis and the message's id. */
const firstSeen = new Map<string, number>();

/** The messages that the queue holds, by BullMQ itself. @throws when Redis does not answer */
export async function queuedJobs(paths: DataPaths): Promise<JobFact[]> {
  const queue = new Queue<BuildJob>(BUILD_QUEUE, {
    connection: { path: paths.redisSocket, maxRetriesPerRequest: 1, connectTimeout: 2_000 },
    skipVersionCheck: true,
    skipMetasUpdate: true,
  });
  // What it has to say it also says to whoever asks it.
  queue.on('error', () => undefined);
  try {
    const found = await Promise.all(
      STATES.map(async (state) =>
        (await queue.getJobs([state])).map((job) => ({ state, id: job.id ?? '', data: job.data })),
      ),
    );
    const now = performance.now();
    return found.flat().map(({ state, id, data }) => {
      const name = `${paths.redisSocket} ${id}`;
      const since = firstSeen.get(name) ?? now;
      firstSeen.set(name, since);
      return { build: data.buildId, attempt: data.attempt, state, seconds: (now - since) / 1_000 };
    });
  } finally {
    await queue.close();
  }
}

import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { BUILD_QUEUE, type BuildJob } from '../../core/contracts/internal.ts';

/** For one answer of Redis, in milliseconds. */
const COMMAND_MS = 2_000;

/** Carries work to builders. It may forget everything: the journal knows what has to be queued. */
export interface BuildQueue {
  /**
   * Idempotent by (build, attempt) within one `round`; a new round sends again what an earlier message may have
   * lost in a builder that died before it claimed. A repeated message is harmless: the claim is refused.
   * Never throws: what could not be queued is queued by the next refill.
   */
  add(job: BuildJob, round: string): Promise<void>;
  healthy(): Promise<boolean>;
  /** Builders that wait for work now. @throws when the queue is away */
  builders(): Promise<number>;
  close(): Promise<void>;
}

export class RedisBuildQueue implements BuildQueue {
  readonly #redis: Redis;
  readonly #queue: Queue<BuildJob>;
  readonly #log: Logger;

  /**
   * @param url a `redis://` URL or the path of a unix socket
   * @param onReady called each time Redis can be reached again: the moment to refill
   */
  constructor(url: string, log: Logger, onReady: () => void) {
    this.#log = log;
    this.#redis = new Redis(url, {
      // A push must not wait for Redis: it is journalled, and the refill comes.
      maxRetriesPerRequest: 1,
      // A Redis that hangs counts as one that is away.
      commandTimeout: COMMAND_MS,
      enableOfflineQueue: false,
      retryStrategy: (times) => Math.min(times * 50, 1_000),
    });
    this.#redis.on('ready', onReady);
    this.#redis.on('error', (error) => this.#log.debug({ err: error }, 'redis'));
    this.#queue = new Queue<BuildJob>(BUILD_QUEUE, { connection: this.#redis, skipVersionCheck: true });
    this.#queue.on('error', (error) => this.#log.debug({ err: error }, 'build queue'));
  }

  async add(job: BuildJob, round: string): Promise<void> {
    // BullMQ would wait for a Redis that was never there, and the app's look with it.
    if (this.#redis.status !== 'ready')
      return this.#log.debug(job, 'Redis is away; the next refill queues it');
    try {
      await this.#queue.add('build', job, {
        jobId: `${job.buildId}-${job.attempt}-${round}`,
        removeOnComplete: true,
        removeOnFail: true,
      });
    } catch (error) {
      this.#log.warn({ err: error, ...job }, 'not queued now; the next refill does it');
    }
  }

  async healthy(): Promise<boolean> {
    return this.#redis.ping().then(
      () => true,
      () => false,
    );
  }

  async builders(): Promise<number> {
    if (this.#redis.status !== 'ready') throw new Error('Redis does not answer');
    return this.#queue.getWorkersCount();
  }

  async close(): Promise<void> {
    await this.#queue.close().catch(() => undefined);
    this.#redis.disconnect();
  }
}

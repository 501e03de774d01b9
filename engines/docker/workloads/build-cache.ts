import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Period } from '../../port.ts';
import { engineMessage, engineStatus, reached } from '../client.ts';
import { cacheToLetGo, type CacheRecord, sharesOf } from './cache-records.ts';

/** Engines before 23 measure containers and volumes too, which takes long where those are large, in milliseconds. */
const PATIENCE_MS = 120_000;
/** Engines before 23 measure for one asker at a time and refuse the others: those ask again, in milliseconds. */
const BUSY_MS = 15_000;
const AGAIN_MS = 200;
const BUSY = /already running/;
/** Ids in one request: they stand in its address. */
const AT_ONCE = 200;

/** What builds have left in the engine's BuildKit, which the person may also use for other things. */
export class BuildCache {
  private readonly docker: Docker;

  constructor(docker: Docker) {
    this.docker = docker;
  }

  /** Bytes beyond the layers of images; undefined where the engine cannot tell now. */
  async bytes(built: readonly Period[]): Promise<{ own: number; others: number } | undefined> {
    const records = await this.records();
    if (records === undefined) return undefined;
    const { own, others } = sharesOf(records, built);
    return { own: sum(own), others: sum(others) };
  }

  /** @returns bytes freed */
  async trim(bytes: number, built: readonly Period[]): Promise<number> {
    const records = (await this.records()) ?? [];
    const ids = cacheToLetGo(records, sharesOf(records, built).own, bytes);
    let freed = 0;
    for (let at = 0; at < ids.length; at += AT_ONCE) freed += await this.remove(ids.slice(at, at + AT_ONCE));
    return freed;
  }

  private async records(): Promise<CacheRecord[] | undefined> {
    const limit = AbortSignal.timeout(PATIENCE_MS);
    const busyUntil = performance.now() + BUSY_MS;
    for (;;) {
      try {
        const path = '/system/df?type=build-cache&';
        const answer = await this.dial<{ BuildCache?: CacheRecord[] | null }>(path, 'GET', limit);
        return answer.BuildCache ?? [];
      } catch (error) {
        if (engineStatus(error) === undefined && !limit.aborted) throw error;
        if (limit.aborted || performance.now() > busyUntil || !BUSY.test(engineMessage(error)))
          return undefined;
        // Not in step with the others that wait.
        await pause(AGAIN_MS * (1 + Math.random()));
      }
    }
  }

  /** The filter is a pattern that an id must match; the engine itself leaves what is in use or shared with an image. */
  private async remove(ids: readonly string[]): Promise<number> {
    const filters = JSON.stringify({ id: [`"^(${ids.join('|')})$"`] });
    const path = `/build/prune?filters=${encodeURIComponent(filters)}&`;
    const answer = await this.dial<{ SpaceReclaimed?: number }>(
      path,
      'POST',
      AbortSignal.timeout(PATIENCE_MS),
    );
    return answer.SpaceReclaimed ?? 0;
  }

  private async dial<T>(path: string, method: string, abortSignal: AbortSignal): Promise<T> {
    const options = {
      path,
      method,
      abortSignal,
      statusCodes: { 200: true, 409: 'busy', 500: 'server error' },
    };
    return reached(
      new Promise<T>((resolve, reject) => {
        this.docker.modem.dial(options, (error: Error | null, answer: unknown) => {
          if (error) reject(error);
          else resolve(answer as T);
        });
      }),
    );
  }
}

function sum(records: readonly CacheRecord[]): number {
  return records.reduce((total, record) => total + record.Size, 0);
}

import { createInterface } from 'node:readline';
import type { CoreV1Event, V1Job, V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../api/cluster.ts';
import { Reflector } from '../api/reflector.ts';
import type { JobState } from './job-state.ts';

/** Milliseconds without a pod after which the Job's events are looked at. */
const NO_POD_MS = 2_000;

/** Follows one attempt's Job and its pod. */
export class JobWatch implements AsyncDisposable {
  private readonly cluster: Cluster;
  private readonly namespace: string;
  private readonly name: string;
  private readonly jobs: Reflector<V1Job>;
  private readonly pods: Reflector<V1Pod>;
  private readonly closing = new AbortController();
  private readonly eventsTimer: NodeJS.Timeout;
  private listeners = new Set<() => void>();
  private current: JobState = {
    job: undefined,
    pod: undefined,
    jobGone: false,
    podGone: false,
    refusal: undefined,
  };

  /** @param labelSelector of this attempt alone */
  constructor(cluster: Cluster, namespace: string, name: string, labelSelector: string) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.name = name;
    const collection = (path: string) => ({ path, labelSelector });
    this.jobs = new Reflector<V1Job>(cluster, collection(`/apis/batch/v1/namespaces/${namespace}/jobs`), {
      set: (job) => this.change({ job, jobGone: false }),
      gone: () => this.change({ job: undefined, jobGone: true }),
    });
    this.pods = new Reflector<V1Pod>(cluster, collection(`/api/v1/namespaces/${namespace}/pods`), {
      set: (pod) => this.change({ pod, podGone: false, refusal: undefined }),
      gone: (pod) => this.change({ pod, podGone: true }),
    });
    this.jobs.start();
    this.pods.start();
    this.eventsTimer = setTimeout(() => void this.watchEvents(), NO_POD_MS);
  }

  get state(): JobState {
    return this.current;
  }

  /** Both kinds have been listed. @throws ClusterUnreachable, ClusterRefused */
  async listed(): Promise<void> {
    await Promise.all([this.jobs.current(), this.pods.current()]);
  }

  /** Calls back after each change; returns how to stop. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @throws the signal's reason once it is aborted */
  async until<T>(look: (state: JobState) => T | undefined, signal: AbortSignal): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const again = (): void => {
      try {
        const found = look(this.current);
        if (found !== undefined) resolve(found);
      } catch (error) {
        reject(error);
      }
    };
    const stop = (): void => reject(signal.reason as Error);
    const off = this.onChange(again);
    signal.addEventListener('abort', stop);
    try {
      signal.throwIfAborted();
      again();
      return await promise;
    } finally {
      off();
      signal.removeEventListener('abort', stop);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.eventsTimer);
    this.closing.abort();
    await Promise.all([this.jobs.close(), this.pods.close()]);
  }

  private change(change: Partial<JobState>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }

  /** That no pod could be made is told by an event alone; a Job of which a pod is there needs none of them. */
  private async watchEvents(): Promise<void> {
    if (this.current.pod !== undefined || this.closing.signal.aborted) return;
    try {
      const response = await this.cluster.stream(
        `/api/v1/namespaces/${this.namespace}/events`,
        { fieldSelector: `involvedObject.kind=Job,involvedObject.name=${this.name}`, watch: 'true' },
        this.closing.signal,
      );
      response.on('error', () => undefined);
      const stop = this.onChange(() => {
        if (this.current.pod !== undefined) response.destroy();
      });
      for await (const line of createInterface({ input: response })) {
        const { object } = JSON.parse(line) as { object: CoreV1Event };
        if (object.reason === 'FailedCreate') this.change({ refusal: object.message ?? 'no reason given' });
      }
      stop();
    } catch {
      // An API server that is away: asked again below.
    }
    if (this.closing.signal.aborted || this.current.pod !== undefined) return;
    setTimeout(() => void this.watchEvents(), NO_POD_MS).unref();
  }
}

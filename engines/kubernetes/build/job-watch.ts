import { createInterface } from 'node:readline';
import type { CoreV1Event, V1Job, V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../api/cluster.ts';
import { Reflector } from '../api/reflector.ts';
import { containerOf, isBeingPrepared } from './job-state.ts';
import type { JobState } from './job-state.ts';

/** Milliseconds between two looks whether events must say why it does not get on. */
const EVENTS_MS = 2_000;

/** Follows one attempt's Job and its pod. */
export class JobWatch implements AsyncDisposable {
  private readonly cluster: Cluster;
  private readonly namespace: string;
  private readonly name: string;
  private readonly jobs: Reflector<V1Job>;
  private readonly pods: Reflector<V1Pod>;
  private readonly closing = new AbortController();
  private eventsTimer: NodeJS.Timeout;
  private listeners = new Set<() => void>();
  private current: JobState = {
    job: undefined,
    pod: undefined,
    jobGone: false,
    podGone: false,
    refusal: undefined,
    mountTrouble: undefined,
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
    this.eventsTimer = setTimeout(() => void this.watchEvents(), EVENTS_MS);
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

  /** That no pod could be made, or its volumes not be had, is told by events alone; who gets on needs none of them. */
  private async watchEvents(): Promise<void> {
    const of = this.stuck();
    if (of !== undefined) {
      try {
        await this.hearEvents(of);
      } catch {
        // An API server that is away: asked again below.
      }
    }
    const begun = containerOf(this.current.pod, 'buildkit')?.state?.running !== undefined;
    if (begun || this.closing.signal.aborted) return;
    this.eventsTimer = setTimeout(() => void this.watchEvents(), EVENTS_MS).unref();
  }

  /** The object whose events say why it does not get on; undefined: it does, or says so itself. */
  private stuck(): string | undefined {
    const { pod } = this.current;
    if (pod === undefined) return `involvedObject.kind=Job,involvedObject.name=${this.name}`;
    if (!isBeingPrepared(this.current)) return undefined;
    return `involvedObject.kind=Pod,involvedObject.name=${pod.metadata?.name ?? ''}`;
  }

  private async hearEvents(fieldSelector: string): Promise<void> {
    const path = `/api/v1/namespaces/${this.namespace}/events`;
    const response = await this.cluster.stream(path, { fieldSelector, watch: 'true' }, this.closing.signal);
    response.on('error', () => undefined);
    const lines = createInterface({ input: response });
    lines.on('error', () => undefined);
    const stop = this.onChange(() => {
      if (this.stuck() !== fieldSelector) lines.close();
    });
    try {
      let mounted = false;
      for await (const line of lines) {
        const { object } = JSON.parse(line) as { object: CoreV1Event };
        const { reason, message = 'no reason given' } = object;
        if (reason === 'FailedCreate') this.change({ refusal: message });
        // What follows a mount that failed at first; events come in any order.
        if (reason === 'Pulling' || reason === 'Pulled') mounted = true;
        const failed = reason === 'FailedMount' || reason === 'FailedAttachVolume';
        if (mounted) this.change({ mountTrouble: undefined });
        else if (failed) this.change({ mountTrouble: message });
      }
    } finally {
      stop();
      response.destroy();
    }
  }
}

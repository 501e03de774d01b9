import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Cluster } from './cluster.ts';
import { ClusterRefused, ClusterUnreachable, refusedOrAway } from './errors.ts';

export interface Reflected {
  /** Of the collection, such as `/apis/apps/v1/deployments`. */
  readonly path: string;
  readonly labelSelector: string;
}

export interface ReflectorEvents<T> {
  /** An object is new or another than before. `previous` is what was known of it. */
  set(object: T, previous: T | undefined): void;
  /** An object is gone. */
  gone(last: T): void;
  /** Something went wrong that is tried again by itself. */
  failed?(error: unknown): void;
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubernetesObject & { readonly code?: number };
}

interface ObjectList {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubernetesObject[];
}

/** Objects of one page of a list. */
const PAGE = 500;
/** Seconds after which the API server ends a watch, which is then resumed: servers behind a balancer share the watches. */
const WATCH_SECONDS = 300;
/** Milliseconds without a byte: the API server sends a bookmark each minute, so nobody is there any more. */
const SILENCE_MS = 150_000;
/** Milliseconds for one page of a list, to its last byte. */
const LIST_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** Milliseconds that who asks waits for a watch that is broken. */
const PATIENCE_MS = 5_000;

/**
 * What the API server holds of one kind, kept up to date: listed once, then watched, resumed where the watch ended and
 * listed again when that is too old. While the API server is away, what was last known stays.
 */
export class Reflector<T extends KubernetesObject> {
  private readonly cluster: Cluster;
  private readonly what: Reflected;
  private readonly events: ReflectorEvents<T>;
  private readonly objects = new Map<string, T>();
  private readonly closing = new AbortController();
  private resourceVersion: string | undefined;
  private watching = false;
  private watchEndedAt = -Infinity;
  private trouble: unknown;
  private connection = Promise.withResolvers<void>();
  private running: Promise<void> | undefined;

  constructor(cluster: Cluster, what: Reflected, events: ReflectorEvents<T>) {
    this.cluster = cluster;
    this.what = what;
    this.events = events;
  }

  /** A second call does nothing. */
  start(): void {
    this.running ??= this.run();
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  /**
   * Everything, as it is now.
   * @throws ClusterUnreachable when the API server cannot be heard
   * @throws ClusterRefused when it does not let us look
   */
  async current(): Promise<readonly T[]> {
    this.start();
    if (!this.watching) await this.connected();
    return [...this.objects.values()];
  }

  /** Milliseconds since the API server was last heard, so that `lastKnown` was what is; Infinity before the first time. */
  get silence(): number {
    return this.watching ? 0 : performance.now() - this.watchEndedAt;
  }

  /** What was last known, however long ago; empty before the first list. */
  lastKnown(): readonly T[] {
    return [...this.objects.values()];
  }

  get(namespace: string, name: string): T | undefined {
    return this.objects.get(`${namespace}/${name}`);
  }

  /**
   * What a write of ours was answered with, so that who asks next sees it; the watch tells the same a moment later. If the
   * watch is past it already and knows of no such object, it is gone: the answer was slower than the word of its end.
   */
  take(written: T): void {
    const key = keyOf(written);
    const isPast = Number(written.metadata?.resourceVersion) <= Number(this.resourceVersion);
    if (isPast && !this.objects.has(key)) return;
    this.note(key, written);
  }

  private async connected(): Promise<void> {
    const patience = new AbortController();
    const late = pause(PATIENCE_MS, 'late', { signal: patience.signal }).catch(() => 'early');
    const outcome = await Promise.race([this.connection.promise, late]);
    patience.abort();
    if (outcome !== 'late') return;
    if (this.trouble instanceof ClusterRefused) throw this.trouble;
    throw new ClusterUnreachable(this.trouble ?? new Error(`no answer within ${String(PATIENCE_MS)} ms`));
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    let wait = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      let heard = false;
      try {
        if (this.resourceVersion === undefined) await this.list();
        await this.watch(() => (heard = true));
      } catch (error) {
        if (signal.aborted) break;
        if (isTooOld(error)) this.resourceVersion = undefined;
        else {
          this.trouble = error;
          this.events.failed?.(error);
        }
      } finally {
        this.disconnected();
      }
      wait = heard ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, wait * 2);
      // Not all servers and routers in the same moment, when an API server comes back.
      await pause(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  private disconnected(): void {
    if (!this.watching) return;
    this.watching = false;
    this.watchEndedAt = performance.now();
    this.connection = Promise.withResolvers();
  }

  private async list(): Promise<void> {
    const found = new Map<string, T>();
    let page: ObjectList = {};
    do {
      const query = {
        limit: String(PAGE),
        ...(page.metadata?.continue ? { continue: page.metadata.continue } : {}),
      };
      page = await this.page(query);
      // A list without items is no answer to build on: it would remove all that is known.
      if (page.items === undefined || page.metadata?.resourceVersion === undefined) {
        throw new ClusterUnreachable(new Error(`the list of ${this.what.path} came without its items`));
      }
      for (const object of page.items) found.set(keyOf(object), object as T);
    } while (page.metadata?.continue);
    for (const [key, object] of this.objects) if (!found.has(key)) this.forget(key, object);
    for (const [key, object] of found) this.note(key, object);
    this.resourceVersion = page.metadata?.resourceVersion;
  }

  private async page(query: Record<string, string>): Promise<ObjectList> {
    const { path, labelSelector } = this.what;
    const late = AbortSignal.timeout(LIST_MS);
    const signal = AbortSignal.any([this.closing.signal, late]);
    try {
      const response = await this.cluster.stream(path, { labelSelector, ...query }, signal);
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
      return JSON.parse(text) as ObjectList;
    } catch (error) {
      if (!late.aborted) throw error;
      throw new ClusterUnreachable(new Error(`no list of ${path} within ${String(LIST_MS)} ms`));
    }
  }

  private async watch(heard: () => void): Promise<void> {
    const { path, labelSelector } = this.what;
    const silence = new AbortController();
    const ended = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(new Error('the watch has fallen silent')), SILENCE_MS);
    };
    alive();
    const signal = AbortSignal.any([this.closing.signal, silence.signal, ended.signal]);
    try {
      const query = {
        labelSelector,
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: this.resourceVersion ?? '',
        timeoutSeconds: String(WATCH_SECONDS),
      };
      const response = await this.cluster.stream(path, query, signal);
      this.watching = true;
      this.trouble = undefined;
      this.connection.resolve();
      const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY });
      // Readline passes errors on, also those that come once nobody reads any more: they would end the process.
      lines.on('error', () => undefined);
      for await (const line of lines) {
        alive();
        heard();
        this.heard(JSON.parse(line) as WatchEvent);
      }
    } finally {
      clearTimeout(timer);
      ended.abort();
    }
  }

  private heard({ type, object }: WatchEvent): void {
    if (type === 'ERROR') throw refusedOrAway(object.code ?? 500, object);
    if (type === 'DELETED') this.ended(object as T);
    else if (type !== 'BOOKMARK') this.note(keyOf(object), object as T);
    this.resourceVersion = object.metadata?.resourceVersion ?? this.resourceVersion;
  }

  private note(key: string, object: T): void {
    const previous = this.objects.get(key);
    if (previous !== undefined && !isNewer(object, previous)) return;
    this.objects.set(key, object);
    this.events.set(object, previous);
  }

  /** Unless one of that name was made since. */
  private ended(last: T): void {
    const known = this.objects.get(keyOf(last));
    if (known === undefined || !isNewer(known, last)) this.forget(keyOf(last), last);
  }

  private forget(key: string, last: T): void {
    this.objects.delete(key);
    this.events.gone(last);
  }
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}

/** A watch may lag behind what a write was answered with. One of that name that was made anew is newer, too. */
function isNewer({ metadata: now }: KubernetesObject, { metadata: before }: KubernetesObject): boolean {
  return Number(now?.resourceVersion) > Number(before?.resourceVersion);
}

/** The API server keeps changes for some minutes only; what is older must be listed again. */
function isTooOld(error: unknown): boolean {
  return error instanceof ClusterRefused && error.status === 410;
}

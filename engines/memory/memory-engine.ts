import type { AppRef, LogLine, ReleaseSpec, Replica } from '../port.ts';

/** How a replica of an image turns out. `waits`: stays `starting` until a test says otherwise by `MemoryEngine.set`. */
export type MemoryBehaviour = 'healthy' | 'crashes' | 'answers-503' | 'waits';

export interface MemoryReplica {
  readonly app: AppRef;
  readonly releaseNumber: number;
  shown: Replica;
}

export interface MemoryOneOff {
  readonly appId: string;
  readonly key: string;
  readonly kept: boolean;
  code: number | undefined;
  /** Set to make it one whose server died before it let it begin. */
  unbegun?: boolean;
  readonly kill: () => void;
}

/** Which replicas a test means; what is left out matches all. */
export type ReplicaFilter = Partial<Pick<Replica, 'appId' | 'releaseId' | 'process' | 'index'>>;

/** What the in-memory engine "runs". It outlives the `MemoryWorkloads` over it, as containers outlive a server. */
export class MemoryEngine {
  readonly replicas = new Map<string, MemoryReplica>();
  readonly oneOffs = new Map<string, MemoryOneOff>();
  /** What registries have, by whole names with their digests. */
  readonly registry = new Map<string, { exposedPorts: readonly number[]; user: string }>();
  readonly images = new Map<string, { image: string; sizeBytes: number; createdAt: number }[]>();
  /** What builds have left beside the images. */
  cacheBytes = 0;
  readonly lines = new Map<string, LogLine[]>();
  /** Apps that `prepareApp` was called for. */
  readonly networks = new Set<string>();
  /** App by release: what it was given, such as its environment. */
  readonly configured = new Map<string, string>();
  /** Set to make every call fail with this, as when the engine is away. */
  away: Error | undefined;
  /** How one-off commands end; input is always copied to the output. One without a code runs until it is killed. */
  oneOff: (command: string) => { errors?: string; code?: number } = () => ({ code: 0 });

  private readonly behaviours = new Map<string, MemoryBehaviour>();
  private readonly listeners = new Set<(appId: string) => void>();
  private readonly writers = new Set<(appId: string, line: LogLine) => void>();
  private clock = 1_000_000_000_000;
  private lastAddress = 1;

  /** How replicas of an image turn out from now on; `healthy` unless said. */
  behave(image: string, behaviour: MemoryBehaviour): void {
    this.behaviours.set(image, behaviour);
  }

  behaviourOf(release: ReleaseSpec): MemoryBehaviour {
    return this.behaviours.get(release.image) ?? 'healthy';
  }

  /** Changes what is shown of the replicas that match. */
  set(
    filter: ReplicaFilter,
    change: Partial<Pick<Replica, 'state' | 'reason' | 'restarts' | 'crash'>>,
  ): void {
    for (const replica of this.find(filter)) this.show(replica, { ...replica.shown, ...change });
  }

  find(filter: ReplicaFilter): MemoryReplica[] {
    return [...this.replicas.values()].filter(({ shown }) =>
      Object.entries(filter).every(([key, value]) => shown[key as keyof ReplicaFilter] === value),
    );
  }

  show(replica: MemoryReplica, shown: Replica): void {
    replica.shown = shown;
    this.changed(shown.appId);
  }

  changed(appId: string): void {
    for (const listener of this.listeners) listener(appId);
  }

  onChange(listener: (appId: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Adds a line to an app's log. */
  write(appId: string, line: Omit<LogLine, 'at'>): void {
    const stamped = { at: this.tick(), ...line };
    this.lines.set(appId, [...(this.lines.get(appId) ?? []), stamped]);
    for (const writer of this.writers) writer(appId, stamped);
  }

  onLine(writer: (appId: string, line: LogLine) => void): () => void {
    this.writers.add(writer);
    return () => this.writers.delete(writer);
  }

  /** A clock that moves by one millisecond each time it is read: tests see the same times on every run. */
  tick(): number {
    this.clock += 1;
    return this.clock;
  }

  nextAddress(): string {
    this.lastAddress += 1;
    return `10.0.${Math.floor(this.lastAddress / 250)}.${(this.lastAddress % 250) + 1}`;
  }
}

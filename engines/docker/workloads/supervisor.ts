import type Docker from 'dockerode';
import { followEvents, type ContainerEvent } from './engine-events.ts';
import { readReplicaLabels, type ReplicaIdentity } from './labels.ts';
import { ReplicaWatch } from './replica-watch.ts';

export interface StartedReplica {
  readonly containerId: string;
  readonly appId: string;
}

/** Events after which a replica is looked at anew; others (`kill`, `exec_…`) change nothing that is shown. */
const TELLING = new Set(['start', 'die', 'oom', 'pause', 'unpause', 'destroy']);

/** Watches every replica of this installation that it was told of or that the engine's events name. */
export class Supervisor {
  private readonly docker: Docker;
  private readonly installationId: string;
  private readonly memoryBytes: number;
  private readonly watches = new Map<string, ReplicaWatch>();
  private readonly changeListeners = new Set<(appId: string) => void>();
  private readonly startListeners = new Set<(started: StartedReplica) => void>();
  private readonly life = new AbortController();
  private following: Promise<void> | undefined;

  constructor(docker: Docker, installationId: string, memoryBytes: number) {
    this.docker = docker;
    this.installationId = installationId;
    this.memoryBytes = memoryBytes;
  }

  /** Watches a container; a second call for the same one gives the same watch. */
  track(containerId: string, id: ReplicaIdentity): ReplicaWatch {
    this.follow();
    const known = this.watches.get(containerId);
    if (known !== undefined) return known;
    const watch = new ReplicaWatch(
      this.docker.getContainer(containerId),
      id,
      this.memoryBytes,
      () => this.tell(id.appId),
      () => this.forget(containerId),
    );
    this.watches.set(containerId, watch);
    this.tell(id.appId);
    return watch;
  }

  find(containerId: string): ReplicaWatch | undefined {
    return this.watches.get(containerId);
  }

  forget(containerId: string): void {
    const watch = this.watches.get(containerId);
    if (watch === undefined) return;
    watch.close();
    this.watches.delete(containerId);
    this.tell(watch.id.appId);
  }

  /** Calls back with the app's id whenever a replica appeared, changed or went; returns how to stop. */
  onChange(listener: (appId: string) => void): () => void {
    this.follow();
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  /** Calls back whenever a replica's container starts, also again; returns how to stop. */
  onStart(listener: (started: StartedReplica) => void): () => void {
    this.follow();
    this.startListeners.add(listener);
    return () => this.startListeners.delete(listener);
  }

  /** Stops watching; what runs goes on running. */
  async close(): Promise<void> {
    this.life.abort();
    for (const watch of this.watches.values()) watch.close();
    this.watches.clear();
    this.changeListeners.clear();
    await this.following;
  }

  private follow(): void {
    if (this.life.signal.aborted) return;
    this.following ??= followEvents(
      this.docker,
      this.installationId,
      {
        connected: () => {
          for (const watch of this.watches.values()) watch.lookAgain();
        },
        event: (event) => this.heard(event),
      },
      this.life.signal,
    );
  }

  private heard(event: ContainerEvent): void {
    if (!TELLING.has(event.action)) return;
    if (event.action === 'destroy') {
      this.forget(event.containerId);
      return;
    }
    const id = readReplicaLabels(event.labels);
    if (id === undefined) return;
    const known = this.watches.get(event.containerId);
    if (known === undefined) this.track(event.containerId, id);
    else known.lookAgain(event.exitCode);
    if (event.action === 'start') {
      for (const listener of this.startListeners)
        listener({ containerId: event.containerId, appId: id.appId });
    }
  }

  private tell(appId: string): void {
    for (const listener of this.changeListeners) listener(appId);
  }
}

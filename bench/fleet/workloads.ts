import type { AppRef, Replica } from '../../engines/port.ts';
import { MemoryWorkloads } from '../../engines/memory/memory-workloads.ts';

/** One ready replica of each release, all of them somewhere on loopback: a thousand containers do not fit. */
export class FleetWorkloads extends MemoryWorkloads {
  readonly #replicas = new Map<string, Replica[]>();

  add(appId: string, releaseId: string, port: number): void {
    const replica: Replica = {
      appId,
      releaseId,
      process: 'web',
      index: 1,
      name: `${releaseId}-web-1`,
      state: 'ready',
      address: { host: '127.0.0.1', port },
      restarts: 0,
      startedAt: 1,
    };
    this.#replicas.set(appId, [...(this.#replicas.get(appId) ?? []), replica]);
  }

  override async ensure(): Promise<void> {}

  override async observe(appId?: string): Promise<Replica[]> {
    return appId === undefined ? [...this.#replicas.values()].flat() : (this.#replicas.get(appId) ?? []);
  }

  override async removeRelease(app: AppRef, releaseId: string): Promise<void> {
    const left = this.#replicas.get(app.id)?.filter((replica) => replica.releaseId !== releaseId) ?? [];
    this.#replicas.set(app.id, left);
    this.engine.changed(app.id);
  }
}

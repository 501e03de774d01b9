import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import { unless } from '../client.ts';
import { containerLog } from './container-logs.ts';
import type { Containers } from './containers.ts';
import type { KeptLogs } from '../../logs/kept-logs.ts';
import type { ReplicaIdentity } from './labels.ts';
import type { Supervisor } from './supervisor.ts';

/** Enough for 1 MiB of short lines; a log of 30 MiB is not read through to keep its end. */
const KEPT_LINES = 20_000;

/** Ends replicas: SIGTERM, grace, SIGKILL; their last lines are kept, then the container goes. */
export class Retirement {
  private readonly containers: Containers;
  private readonly supervisor: Supervisor;
  private readonly keptLogs: KeptLogs;
  private readonly underway = new Map<string, Promise<void>>();

  constructor(containers: Containers, supervisor: Supervisor, keptLogs: KeptLogs) {
    this.containers = containers;
    this.supervisor = supervisor;
    this.keptLogs = keptLogs;
  }

  /**
   * Safe to call again for the same container, also at once.
   * @param graceSeconds between SIGTERM and SIGKILL
   * @param drainMs shown as stopping so long before SIGTERM, so that a router can turn away from it first
   */
  async retire(containerId: string, id: ReplicaIdentity, graceSeconds: number, drainMs = 0): Promise<void> {
    const running = this.underway.get(containerId);
    if (running !== undefined) return running;
    const ended = this.end(containerId, id, graceSeconds, drainMs).finally(() => {
      this.underway.delete(containerId);
    });
    this.underway.set(containerId, ended);
    return ended;
  }

  private async end(
    containerId: string,
    id: ReplicaIdentity,
    graceSeconds: number,
    drainMs: number,
  ): Promise<void> {
    const container = this.containers.docker.getContainer(containerId);
    const watch = this.supervisor.track(containerId, id);
    const drained = watch.status.state === 'ready' ? drainMs : 0;
    watch.markStopping();
    await pause(drained);
    await unless([304, 404], container.stop({ t: graceSeconds }));
    await this.keepLog(container, id);
    await this.containers.remove(containerId);
    this.supervisor.forget(containerId);
  }

  private async keepLog(container: Docker.Container, id: ReplicaIdentity): Promise<void> {
    await unless([404, 409], this.keptLogs.keep(id, containerLog(container, { tail: KEPT_LINES })));
  }
}
